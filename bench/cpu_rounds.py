"""The main figure: CPU time of the server per operation, for all subjects in turn, and for two of them in a duel."""

import contextlib
import dataclasses

from bench.figures import paired_ratios, quartiles
from bench.load_driver import Traffic
from bench.processes import Unusable


@dataclasses.dataclass(frozen=True)
class Workload:
    """A workload, which is one row of the tables.

    `reading` selects the reported figure: "each", the cost of an operation; or the result of a second of CPU, in
    "megabytes" or in "millions" of operations. `step` is a window's bench-load command, if not traffic for its time.
    """

    name: str
    traffic: Traffic
    reading: str = "each"
    step: str = ""


WORKLOADS = {
    "echo 1": Workload("echo, 1 connection, 64 B", Traffic("echo", 1)),
    "echo 64": Workload("echo, 64 connections, 64 B", Traffic("echo", 64)),
    "echo 4k": Workload("echo, 64 connections, 4 KiB", Traffic("echo", 64, 4096)),
    "bulk": Workload("bulk, 4 connections, 64 KiB frames, 4 on the way", Traffic("echo", 4, 65536, 4), "megabytes"),
    "upgrades": Workload("upgrade, 4 at once", Traffic("upgrades", 4)),
    "requests": Workload("plain HTTP request, 64 kept connections", Traffic("requests", 64)),
}


@dataclasses.dataclass(frozen=True)
class Duel:
    """Two subjects in one workload; `goal` is the largest allowed ours / theirs in CPU time per operation.

    `by_second`: the duel is reported in operations per second of CPU, and `goal` is the smallest allowed ratio.
    """

    workload: Workload
    ours: str
    theirs: str
    goal: float | None = None
    by_second: bool = False


@dataclasses.dataclass(frozen=True)
class Sample:
    """One window of one subject."""

    cpu_us: float
    operations_per_second: float
    megabytes_per_cpu_second: float
    p50_us: float
    p99_us: float


def sample(place, server, load, seconds, step=""):
    cpu_us, report = place.cpu_each(server, load, step or f"seconds {seconds}")
    operations = report["operations"]
    carried = report["bytes"] / 1e6 / (cpu_us * operations / 1e6)
    return Sample(cpu_us, operations / report["seconds"], carried, report["p50_us"], report["p99_us"])


def medians(samples):
    """Returns the Sample whose figures are the medians."""
    fields = [field.name for field in dataclasses.fields(Sample)]
    return Sample(*(quartiles([getattr(one, name) for one in samples])[1] for name in fields))


def rounds(place, subjects, workload, count, seconds, say):
    """Returns {subject: [Sample of each round]}. All start fresh for this workload and take turns by windows.

    Subjects that cannot be used are reported and left out. The first window of each is discarded.
    """
    with contextlib.ExitStack() as stack:
        running = {}
        for subject in subjects:
            try:
                server = stack.enter_context(place.serve(subject))
            except Unusable as reason:
                say(f"left out: {reason}")
                continue
            load = stack.enter_context(place.load(workload.traffic, server))
            sample(place, server, load, seconds / 2, workload.step)
            running[subject] = (server, load, [])
        for number in range(count):
            # In reverse every other time, so that no subject always follows the same one.
            for server, load, samples in list(running.values())[:: 1 if number % 2 == 0 else -1]:
                samples.append(sample(place, server, load, seconds, workload.step))
        return {subject: samples for subject, (_, _, samples) in running.items()}


def duel(place, ours, theirs, workload, pairs, seconds):
    """Returns the quartiles of ours / theirs in CPU time per operation. Windows alternate: A B, B A, A B, ..."""
    with contextlib.ExitStack() as stack:
        sides = []
        for subject in (ours, theirs):
            server = stack.enter_context(place.serve(subject))
            sides.append((server, stack.enter_context(place.load(workload.traffic, server)), []))
            sample(place, *sides[-1][:2], seconds, workload.step)
        for number in range(pairs):
            for server, load, figures in sides if number % 2 == 0 else sides[::-1]:
                figures.append(sample(place, server, load, seconds, workload.step).cpu_us)
        return quartiles(paired_ratios(sides[0][2], sides[1][2]))


def duels(run, place, wanted):
    """Returns [(Duel, quartiles or None)] for the Duels in `wanted` whose subjects are in the run."""
    found = []
    for one in wanted:
        if not run.has(one.ours, one.theirs):
            continue
        sides = run.subject(one.ours), run.subject(one.theirs)
        try:
            ratio = duel(place, *sides, one.workload, run.effort.pairs, run.effort.duel_window)
        except Unusable as reason:
            run.note(str(reason))
            ratio = None
        found.append((one, ratio))
    return found


def ratios(results, floor):
    """Returns {workload's name: {subject's name: median ratio of CPU time to the floor's}}."""
    groups = {}
    for workload, by_subject in results.items():
        base = next(samples for subject, samples in by_subject.items() if subject.name == floor)
        groups[f"{workload.name}: CPU time, floor = 1"] = {
            subject.name: quartiles(paired_ratios([s.cpu_us for s in samples], [s.cpu_us for s in base]))[1]
            for subject, samples in by_subject.items()
        }
    return groups
