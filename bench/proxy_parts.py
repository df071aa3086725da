"""The parts of a run, each of which makes one section of the report."""

from bench import callgrind, cpu_rounds, report, scale, syscalls, verdicts
from bench.cpu_rounds import WORKLOADS, Duel, Workload
from bench.idle_memory import bytes_per_tunnel, growth
from bench.load_driver import Traffic
from bench.plot import bars
from bench.processes import raise_descriptor_limit
from bench.whole_run import Effort


FULL = Effort(8, 0.4, 24, 0.25, 2000, 4000, 5, 20_000, ("floor", "viaduct", "nginx 4k", "haproxy"))
QUICK = Effort(2, 0.1, 6, 0.1, 500, 1000, 2, 1000, ("floor", "viaduct"))

DUELS = [
    Duel(WORKLOADS["echo 1"], "viaduct", "floor", 1.05),
    Duel(WORKLOADS["echo 1"], "viaduct", "nginx 4k"),
    Duel(WORKLOADS["echo 64"], "viaduct", "nginx 4k", 1.0),
    Duel(WORKLOADS["echo 64"], "viaduct", "floor"),
    Duel(WORKLOADS["echo 4k"], "viaduct", "floor", 1.05),
    Duel(WORKLOADS["bulk"], "viaduct", "haproxy splice", 1.0),
    Duel(WORKLOADS["upgrades"], "viaduct", "nginx 4k", 0.9),
    Duel(WORKLOADS["requests"], "viaduct", "nginx 4k", 0.75),
    Duel(WORKLOADS["echo 64"], "viaduct unix", "nginx 4k unix"),
    Duel(WORKLOADS["upgrades"], "viaduct unix", "nginx 4k unix"),
]

# Single connections, so that every run does the same in the same order.
COUNTED = {"echo": Traffic("echo"), "upgrade": Traffic("upgrades"), "request": Traffic("requests")}
INSTRUCTION_GOALS = {"echo": 800, "upgrade": 12_000}
VERDICT_GOALS = {"a verdict on a genuine upgrade": 500}
MEMORY_GOALS = {"an idle tunnel, after a message of 64 B": 1.0}
ONE_AT_A_TIME = Workload("plain HTTP request, 1 kept connection", Traffic("requests"))
ENVOY_DUELS = [
    Duel(WORKLOADS["requests"], "envoy module", "envoy rbac", 1.0),
    # gRPC shares one connection, so it costs less the more requests there are at once.
    Duel(ONE_AT_A_TIME, "envoy asking http", "envoy asking grpc", 0.6),
    Duel(WORKLOADS["requests"], "envoy asking http", "envoy asking grpc", 0.6),
]
REQUESTS = 100_000
# Envoy's allocator takes memory by pages of 2 MiB.
MODULE_GOALS = {f"growth of Envoy's memory over {REQUESTS:,} requests": 2048}
SCALED_SUBJECTS = ("floor", "viaduct", "nginx 4k")


def cpu(run, place):
    sections = ["### CPU time", ""]
    for upstream, floor in (("tcp", "floor"), ("unix", "floor unix")):
        subjects = [subject for subject in run.subjects if subject.upstream == upstream]
        if not subjects:
            continue
        results = {
            workload: cpu_rounds.rounds(place, subjects, workload, run.effort.rounds, run.effort.window, run.note)
            for workload in WORKLOADS.values()
        }
        title = "By TCP to the backend:" if upstream == "tcp" else "By a Unix socket to the backend:"
        sections += [title, "", report.cpu_table(results, floor), "", report.speed_table(results), ""]
        if upstream == "tcp" and run.has("floor"):
            run.plot = bars(cpu_rounds.ratios(results, floor), "viaduct")
    return "\n".join(sections).strip()


def duels(run, place):
    found = cpu_rounds.duels(run, place, DUELS)
    run.judged += report.duel_goals(found)
    return "### Duels\n\n" + report.duel_table(found)


def instructions(run, place):
    def measure(subject):
        return {
            name: callgrind.instructions_each(place, subject, traffic, run.effort.operations)
            for name, traffic in COUNTED.items()
        }

    results = run.try_each(run.effort.counted, measure)
    rows = report.each_table("user-space instructions an operation", results)
    run.judged += report.bound_goals(results, INSTRUCTION_GOALS, unit=" instructions")
    return f"### Instructions\n\n{rows}"


def calls(run, place):
    def measure(subject):
        return {
            name: syscalls.calls_each(place, subject, traffic, run.effort.operations // 4)
            for name, traffic in {**COUNTED, "echo, 64 connections": Traffic("echo", 64)}.items()
        }

    return "### System calls\n\n" + report.calls_table(run.try_each(run.effort.counted, measure))


def memory(run, place):
    names = [subject.name for subject in run.subjects if subject.upstream == "tcp"]

    def measure(subject):
        return {
            "an idle tunnel, after a message of 64 B": bytes_per_tunnel(place, subject, 64, run.effort.tunnels) / 1024,
            "after one of 16 KiB": bytes_per_tunnel(place, subject, 16384, run.effort.tunnels) / 1024,
        }

    results = run.try_each(names, measure)
    rows = report.each_table("KiB", results, digits=2)
    run.judged += report.bound_goals(results, MEMORY_GOALS, digits=2, unit=" KiB")
    return f"### Memory\n\n{rows}"


def scaling(run, place):
    limit = raise_descriptor_limit()
    points = []
    for name in SCALED_SUBJECTS:
        if not run.has(name):
            continue
        for workers in (1, 2) if name != "floor" else (1,):
            for tunnels in [step for step in scale.steps(limit) if step <= run.effort.most_tunnels]:
                subject = run.subject(name)
                effort = run.effort.scale_rounds, run.effort.window
                points.append((name, scale.point(place, subject, tunnels, workers, *effort)))
    if scale.steps(limit)[-1] < scale.STEPS[-1] and run.effort.most_tunnels >= scale.STEPS[-1]:
        run.note(f"{scale.STEPS[-1]:,} tunnels: the system's hard limit of descriptors is {limit:,}")
    return f"### Scale\n\n{scale.ACTIVE} messages on the way, over all tunnels in turn.\n\n" + report.scale_table(points)


def filtering(run, place):
    if not run.has("viaduct"):
        return ""
    found = verdicts.nanoseconds(place)
    judged = {"viaduct": {"a verdict on a genuine upgrade": found["Genuine"]}}
    run.judged += report.bound_goals(judged, VERDICT_GOALS, unit=" ns")
    rows = report.each_table("a verdict, by bench/filter", {name: {"ns of CPU": ns} for name, ns in found.items()})
    counted = f"A verdict on a genuine upgrade takes {verdicts.instructions(place):,.0f} instructions."
    return f"### Filter\n\n{rows}\n\n{counted}"


def module(run, place):
    """Sets the module in Envoy beside its RBAC filter with the same checks, and beside Envoy that asks a sidecar."""
    subjects = [subject for subject in run.subjects if subject.upstream == "filters"]
    if not subjects:
        return ""
    results = {
        workload: cpu_rounds.rounds(place, subjects, workload, run.effort.rounds, run.effort.window, run.note)
        for workload in (ONE_AT_A_TIME, WORKLOADS["requests"])
    }
    found = cpu_rounds.duels(run, place, ENVOY_DUELS)
    run.judged += report.duel_goals(found)
    sections = [report.cpu_table(results, "envoy unfiltered"), report.duel_table(found)]
    if run.has("envoy module"):
        grown = growth(place, run.subject("envoy module"), Traffic("requests", 64), REQUESTS) / 1024
        judged = {"viaduct": {f"growth of Envoy's memory over {REQUESTS:,} requests": grown}}
        run.judged += report.bound_goals(judged, MODULE_GOALS, unit=" KiB")
        sections.append(f"Over {REQUESTS:,} requests through the module Envoy's memory grows by {grown:,.0f} KiB.")
    return "### The filter in Envoy\n\n" + "\n\n".join(sections)


PARTS = {
    "cpu": cpu,
    "duels": duels,
    "instructions": instructions,
    "calls": calls,
    "memory": memory,
    "scale": scaling,
    "filter": filtering,
    "module": module,
}
