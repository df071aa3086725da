"""Writes the results of a run as Markdown."""

import dataclasses

from bench.cpu_rounds import medians
from bench.figures import paired_ratios, quartiles, rounded


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A goal, the measured value, and whether it meets the goal."""

    what: str
    measured: str
    goal: str
    verdict: str


def table(head, rows):
    """A Markdown table: the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def read(workload, sample):
    """The reported value of a Sample of `workload`."""
    if workload.reading == "megabytes":
        return rounded(sample.megabytes_per_cpu_second) + " MB/s"
    if workload.reading == "millions":
        return rounded(1 / sample.cpu_us) + " M/s"
    return rounded(sample.cpu_us)


def cpu_table(results, floor):
    """CPU an operation for each subject and workload, with the ratio to the subject named `floor`.

    The ratio is the median of the rounds' own ratios, so it need not be that of the two medians.
    `results` is {Workload: {Subject: [Sample]}}.
    """
    subjects = list(dict.fromkeys(subject for by_subject in results.values() for subject in by_subject))
    rows = []
    for workload, by_subject in results.items():
        base = next((samples for subject, samples in by_subject.items() if subject.name == floor), None)
        row = [workload.name]
        for subject in subjects:
            samples = by_subject.get(subject)
            if samples is None:
                row.append("–")
                continue
            cell = read(workload, medians(samples))
            if base is not None and subject.name != floor:
                ratios = paired_ratios([one.cpu_us for one in samples], [one.cpu_us for one in base])
                cell += f" ({quartiles(ratios)[1]:.2f})"
            row.append(cell)
        rows.append(row)
    return table(["CPU µs an operation (× floor)", *(subject.name for subject in subjects)], rows)


def speed_table(results):
    """Returns operations per second and latencies, which depend on load and backend as much as on the subject."""
    subjects = list(dict.fromkeys(subject for by_subject in results.values() for subject in by_subject))
    rows = []
    for workload, by_subject in results.items():
        row = [workload.name]
        for subject in subjects:
            if subject not in by_subject:
                row.append("–")
                continue
            middle = medians(by_subject[subject])
            cell = (rounded(middle.operations_per_second), rounded(middle.p50_us), rounded(middle.p99_us))
            row.append(" / ".join(cell))
        rows.append(row)
    return table(["operations/s / p50 µs / p99 µs", *(subject.name for subject in subjects)], rows)


def _told(duel, found):
    """Returns (what, sign of the goal, ratios) of a Duel in its own unit: per operation or per second of CPU."""
    what = f"{duel.workload.name}: {duel.ours} against {duel.theirs}"
    if not duel.by_second:
        return what, "≤", found
    return f"{what}, operations a CPU second", "≥", found and tuple(1 / ratio for ratio in found[::-1])


def duel_table(duels):
    """`duels` is [(Duel, (lower, median, upper) or None)], the quartiles of the ratios of CPU time per operation."""
    rows = []
    for duel, found in duels:
        what, _, ratios = _told(duel, found)
        rows.append([what, "–" if found is None else f"{ratios[1]:.2f} ({ratios[0]:.2f} to {ratios[2]:.2f})"])
    return table(["duel, CPU time an operation", "median ratio (quartiles)"], rows)


def duel_goals(duels):
    """Returns the [Judgement] of those duels of a duel_table that have a goal."""
    judged = []
    for duel, found in duels:
        if duel.goal is None:
            continue
        what, sign, ratios = _told(duel, found)
        goal = f"{sign} {duel.goal:.2f} ×"
        if found is None:
            judged.append(Judgement(what, "–", goal, "not measured"))
            continue
        met = ratios[1] >= duel.goal if duel.by_second else ratios[1] <= duel.goal
        judged.append(Judgement(what, f"{ratios[1]:.2f} ×", goal, "met" if met else "missed"))
    return judged


def bound_goals(results, goals, digits=0, unit=""):
    """Returns the [Judgement] of our figures in an each_table; `goals` is {column: bound}."""
    judged = []
    for name, bound in goals.items():
        figure = results.get("viaduct", {}).get(name)
        if figure is None:
            continue
        verdict = "met" if figure <= bound else f"missed, by {100 * (figure / bound - 1):.0f} %"
        judged.append(Judgement(name, f"{figure:,.{digits}f}{unit}", f"≤ {bound:,.{digits}f}{unit}", verdict))
    return judged


def goals_table(judged):
    """Returns the table of any number of Judgements."""
    return table(["goal of viaduct's", "measured", "bound", ""], [list(dataclasses.astuple(one)) for one in judged])


def each_table(title, results, digits=0):
    """Returns one row per subject and one column per workload, of {subject name: {workload name: number or None}}."""
    columns = list(dict.fromkeys(name for by_workload in results.values() for name in by_workload))
    rows = []
    for subject, by_workload in results.items():
        figures = [by_workload.get(name) for name in columns]
        rows.append([subject, *("–" if figure is None else f"{figure:,.{digits}f}" for figure in figures)])
    return table([title, *columns], rows)


def calls_table(results):
    """`results` is {subject name: {workload name: {system call: calls per operation}}}."""
    rows = []
    for subject, by_workload in results.items():
        for workload, calls in by_workload.items():
            listed = ", ".join(f"{name} {count:.2f}" for name, count in calls.items() if count >= 0.01)
            rows.append([f"{subject}, {workload}", f"{sum(calls.values()):.2f}", listed])
    return table(["system calls an operation", "all", "by name"], rows)


def scale_table(points):
    """`points` is [(subject name, Point)]."""
    rows = [
        [
            f"{subject}, {point.workers} worker{'s' if point.workers > 1 else ''}",
            f"{point.tunnels:,}",
            rounded(point.echo_us),
            rounded(point.upgrade_us),
            f"{point.bytes_each / 1024:.2f}",
        ]
        for subject, point in points
    ]
    head = ["", "tunnels", "CPU µs an echo", "CPU µs to open one and use it once", "KiB a tunnel"]
    return table(head, rows)


def room_table(rooms):
    """`rooms` is [(subject name, Room)]."""
    rows = [
        [
            f"{subject}, {room.workers} worker{'s' if room.workers > 1 else ''}",
            f"{room.members:,}",
            rounded(room.delivery_us),
            rounded(room.connect_us),
            f"{room.bytes_each / 1024:.2f}" if room.members >= 1000 else "–",
        ]
        for subject, room in rooms
    ]
    head = ["", "members", "CPU µs a delivery", "CPU µs to connect and be welcomed", "KiB a session"]
    return table(head, rows)


def cluster_table(costs):
    """`costs` is {Workload: [(Setting, Cost of a delivery)]}."""
    rows = []
    for workload, found in costs.items():
        members = workload.traffic.connections
        for setting, cost in found:
            cpu = [cost.chat_us, cost.redis_us, cost.chat_us * members, cost.redis_us * members]
            # Without Redis there is no cost of Redis.
            cells = ["–" if setting.redis is None and place % 2 else rounded(us) for place, us in enumerate(cpu)]
            speed = rounded(cost.deliveries_per_second), rounded(cost.p50_us)
            rows.append([f"{workload.name}: {setting.name}", *cells, *speed])
    head = ["CPU µs", "chat, a delivery", "Redis, a delivery", "chat, a message", "Redis, a message"]
    return table([*head, "deliveries/s", "p50 µs"], rows)
