"""The parts of a run of the chat, each of which makes one section of the report."""

from bench import cluster, cpu_rounds, report, scale, syscalls
from bench.chat_counted import COUNTED
from bench.cpu_rounds import Duel, Workload
from bench.idle_memory import bytes_per_session
from bench.load_driver import Traffic
from bench.plot import bars
from bench.processes import Unusable
from bench.whole_run import Effort

FULL = Effort(6, 0.4, 20, 0.25, 500, 4000, 3, 10_000, ("floor", "viaduct", "rust tungstenite"))
QUICK = Effort(2, 0.15, 6, 0.15, 100, 1000, 2, 1000, ("floor", "viaduct"))

WORKLOADS = {
    "paced": Workload("paced: 100 clients, 200 messages a second", Traffic("chat", 100, pace=200)),
    "flooded": Workload("flooded: 64 clients, 16 messages on the way each", Traffic("chat", 64, depth=16), "millions"),
    "pair": Workload("two clients in turn", Traffic("chat", 2, active=1)),
    "solo": Workload("one client alone", Traffic("chat", 1)),
    "large": Workload("16 KiB to 64 clients, 8 messages on the way", Traffic("chat", 64, 16384, active=8), "megabytes"),
    "connects": Workload("connect and be welcomed", Traffic("chat", 0), step="open 200"),
    "visits": Workload("connect, be welcomed and leave, 4 at once", Traffic("joins", 4)),
}

# The goals of the issue; a result per second of CPU is reported as such here.
DUELS = [
    Duel(WORKLOADS["paced"], "viaduct", "floor", 1.05),
    Duel(WORKLOADS["flooded"], "viaduct", "floor", 0.7, by_second=True),
    Duel(WORKLOADS["pair"], "viaduct", "floor", 1.1),
    Duel(WORKLOADS["large"], "viaduct", "floor", 0.8, by_second=True),
    Duel(WORKLOADS["connects"], "viaduct", "floor", 1.05),
    Duel(WORKLOADS["visits"], "viaduct", "floor"),
]


MEMORY_GOALS = {"KiB an idle session": 0.5}

CLUSTER_WORKLOADS = ("paced", "flooded", "pair")

SCALED_MEMBERS = (10, 100, 1_000, 10_000)
SCALED_SUBJECTS = {"floor": (1,), "viaduct": (1, 2), "node ws tuned": (1,), "rust tungstenite": (1, 2)}


def cpu(run, place):
    effort = run.effort
    results = {
        workload: cpu_rounds.rounds(place, run.subjects, workload, effort.rounds, effort.window, run.note)
        for workload in WORKLOADS.values()
    }
    if run.has("floor"):
        run.plot = bars(cpu_rounds.ratios(results, "floor"), "viaduct")
    return f"### CPU time\n\n{report.cpu_table(results, 'floor')}\n\n{report.speed_table(results)}"


def duels(run, place):
    found = cpu_rounds.duels(run, place, DUELS)
    run.judged += report.duel_goals(found)
    return f"### Duels\n\n{report.duel_table(found)}"


def instructions(run, place):
    def measure(subject):
        return {name: one.instructions(place, subject, run.effort.operations) for name, one in COUNTED.items()}

    rows = report.each_table("user-space instructions", run.try_each(run.effort.counted, measure))
    return f"### Instructions\n\n{rows}"


def calls(run, place):
    messages = {"message to 100": COUNTED["a delivery to 100"], "message to two": COUNTED["a delivery to two"]}

    def measure(subject):
        operations = run.effort.operations // 4
        return {name: syscalls.calls_each(place, subject, one.traffic, operations) for name, one in messages.items()}

    return "### System calls\n\n" + report.calls_table(run.try_each(run.effort.counted, measure))


def memory(run, place):
    names = [subject.name for subject in run.subjects]
    results = run.try_each(
        names, lambda subject: {"KiB an idle session": bytes_per_session(place, subject, run.effort.tunnels) / 1024}
    )
    run.judged += report.bound_goals(results, MEMORY_GOALS, digits=2)
    return "### Memory\n\n" + report.each_table("", results, digits=2)


def scaling(run, place):
    rows = []
    for name, all_workers in SCALED_SUBJECTS.items():
        for workers in all_workers:
            for members in (number for number in SCALED_MEMBERS if number <= run.effort.most_tunnels):

                def measure(subject, members=members, workers=workers):
                    return scale.room(place, subject, members, workers, run.effort.scale_rounds, run.effort.window)

                rows += [(found, room) for found, room in run.try_each([name], measure).items()]
    about = "One message on the way; 16 members of the room speak in turn."
    return f"### Rooms\n\n{about}\n\n{report.room_table(rows)}"


def clustered(run, place):
    if not run.has("viaduct"):
        return ""
    about = (
        "The clients are spread over the tasks. Redis is started anew for each row, and keeps nothing on a disk but where "
        "`appendfsync always` is said. Every delivery is counted: none is lost, none comes twice."
    )
    effort = run.effort.rounds, run.effort.window
    try:
        found = {WORKLOADS[name]: cluster.costs(place, WORKLOADS[name], *effort) for name in CLUSTER_WORKLOADS}
    except Unusable as reason:
        run.note(f"the cluster: {reason}")
        return ""
    return f"### Cluster\n\n{about}\n\n{report.cluster_table(found)}"


PARTS = {
    "duels": duels,
    "cpu": cpu,
    "instructions": instructions,
    "calls": calls,
    "memory": memory,
    "rooms": scaling,
    "cluster": clustered,
}
