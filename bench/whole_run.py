"""A whole run of `./dev bench proxy` or `chat`: options in, parts one after the other, tables out."""

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
import time

from bench import machine, report
from bench.load_driver import WrongAnswer
from bench.performance_doc import replace_results
from bench.processes import Unusable
from bench.programs import source
from bench.run_place import RunPlace
from bench.subjects import Subject

DOC = "docs/performance.md"


@dataclasses.dataclass(frozen=True)
class Effort:
    """The effort of a run: rounds and pairs, windows in seconds, operations, connections."""

    rounds: int
    window: float
    pairs: int
    duel_window: float
    operations: int
    tunnels: int
    scale_rounds: int
    most_tunnels: int
    # The subjects whose instructions and calls are counted. Envoy's and Go's threads work at times of their own:
    # counting them takes minutes, and differs.
    counted: tuple


@dataclasses.dataclass(frozen=True)
class Bench:
    """The differences between the runs. `parts` is {name: function of a Run and a RunPlace that returns a section}."""

    name: str
    purpose: str
    subjects: list[Subject]
    parts: dict
    full: Effort
    quick: Effort
    install_peers: object
    backend: bool


class Run:
    """The state that the parts share: the subjects, the effort, and what has been left out so far.

    `judged` are the report.Judgements of the goals, `plot` is an SVG, once there.
    """

    def __init__(self, known, subjects, effort, say):
        self.subjects = subjects
        self.effort = effort
        self.left_out = []
        self.judged = []
        self.plot = ""
        self._known = known
        self._say = say

    def note(self, text):
        self._say(text)
        self.left_out.append(text.splitlines()[0].removeprefix("left out: "))

    def subject(self, name):
        return next(subject for subject in self._known if subject.name == name)

    def has(self, *names):
        return all(any(subject.name == name for subject in self.subjects) for name in names)

    def try_each(self, names, measure):
        """Returns {name: measure(Subject)} for the subjects of this run among `names`, without the unusable ones."""
        found = {}
        for name in names:
            if not self.has(name):
                continue
            try:
                found[name] = measure(self.subject(name))
            except Unusable as reason:
                self.note(str(reason))
        return found


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _parse(bench, arguments):
    parser = argparse.ArgumentParser(prog=f"./dev bench {bench.name}", description=bench.purpose)
    parser.add_argument("--quick", action="store_true", help="a rough measurement in three minutes")
    parser.add_argument("--parts", default=",".join(bench.parts), help="the parts to run (default: %(default)s)")
    parser.add_argument("--subjects", default="", help="beginnings of subjects' names, separated by commas (all)")
    parser.add_argument("--output", default="bench-results", help="the directory for the tables and the plot")
    parser.add_argument("--doc", action="store_true", help=f"also write the tables into {DOC}")
    options = parser.parse_args(arguments)
    options.parts = options.parts.split(",")
    for part in options.parts:
        if part not in bench.parts:
            parser.error(f"--parts: \"{part}\": must be one of {', '.join(bench.parts)}")
    wanted = tuple(options.subjects.split(",")) if options.subjects else ("",)
    options.subjects = [subject for subject in bench.subjects if subject.name.startswith(wanted)]
    if not options.subjects:
        parser.error("--subjects: no subject has such a name")
    return options


def _stop_on_signal(number, frame):
    # Unwinds every `with`, so that everything started is ended.
    raise KeyboardInterrupt


# Errors that end a part, but not the run. Load and subjects are processes: one that dies causes a broken pipe, too.
FAILURES = (WrongAnswer, Unusable, OSError, subprocess.SubprocessError, ValueError)


def _measure(bench, options, run, write):
    """Runs the parts; `write` is called with all sections so far after each of them. Returns the names of failed parts."""
    sections, failed = [], []
    started = time.monotonic()
    with RunPlace(backend=bench.backend) as place:
        for part in options.parts:
            say(f"{part} ({time.monotonic() - started:.0f} s so far)")
            try:
                sections.append(bench.parts[part](run, place))
            except FAILURES as reason:
                failed.append(part)
                run.note(f"the part {part}, which failed: {str(reason).strip() or type(reason).__name__}")
            write(sections)
    return failed


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _text(head, run, sections):
    goals = [f"### Goals\n\n{report.goals_table(run.judged)}"] if run.judged else []
    left_out = ["Left out: " + "; ".join(dict.fromkeys(run.left_out)) + "."] if run.left_out else []
    return "\n\n".join([head, *goals, *filter(None, sections), *left_out]) + "\n"


def _run(bench, arguments):
    options = _parse(bench, arguments)
    signal.signal(signal.SIGTERM, _stop_on_signal)
    started = time.monotonic()
    head = machine.describe(bench.name, arguments)
    bench.install_peers(say)
    run = Run(bench.subjects, options.subjects, bench.quick if options.quick else bench.full, say)
    head += "\n" + machine.versions([subject.name for subject in options.subjects])
    os.makedirs(options.output, exist_ok=True)
    path = os.path.join(options.output, f"{bench.name}.md")
    failed = _measure(bench, options, run, lambda sections: _write(path, _text(head, run, sections)))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    print(text)
    if run.plot:
        _write(os.path.join(options.output, f"{bench.name}.svg"), run.plot)
    if options.doc:
        replace_results(source(DOC), f"./dev bench {bench.name} --doc", text)
    say(f"took {time.monotonic() - started:.0f} s; the tables are in {path}")
    if failed:
        say(f"failed: {', '.join(failed)}; the tables are without them")
    return 1 if failed else 0


def main(bench, arguments):
    """Runs `bench` and returns the exit status: 1 if a part failed."""
    try:
        return _run(bench, arguments)
    except KeyboardInterrupt:
        say(f"stopped; what was finished is in the output directory, and {DOC} is as it was")
        return 130
