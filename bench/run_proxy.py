"""Sets the sidecar beside other proxies: ./dev bench proxy [OPTIONS].

Every subject is started fresh for each part, with one worker on one CPU; load and backend have another one. Each payload
and each answer is checked, and a wrong one ends the run. See docs/performance.md for how to read the figures.
"""

import argparse
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bench import machine
from bench.load_driver import WrongAnswer
from bench.performance_doc import replace_results
from bench.processes import Unusable
from bench.programs import source
from bench.proxy_parts import PARTS, Effort, Run
from bench.run_place import RunPlace
from bench.subjects import SUBJECTS, install_peers

DOC = "docs/performance.md"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench proxy", description="Sets the sidecar beside other proxies.")
    parser.add_argument("--quick", action="store_true", help="a rough look, in three minutes")
    parser.add_argument("--parts", default=",".join(PARTS), help="which of: %(default)s")
    parser.add_argument("--subjects", default="", help="only those whose names begin so; separated by commas")
    parser.add_argument("--output", default="bench-results", help="the directory for proxy.md and proxy.svg")
    parser.add_argument("--doc", action="store_true", help=f"put the tables into {DOC}, too")
    options = parser.parse_args(arguments)
    options.parts = options.parts.split(",")
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"--parts: \"{part}\": none of {', '.join(PARTS)}")
    wanted = tuple(options.subjects.split(",")) if options.subjects else ("",)
    options.subjects = [subject for subject in SUBJECTS if subject.name.startswith(wanted)]
    if not options.subjects:
        parser.error("--subjects: there is none of that name")
    return options


def stop_on_signal(number, frame):
    # Unwinds every `with`, so that what was started is ended.
    raise KeyboardInterrupt


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, stop_on_signal)
    started = time.monotonic()
    head = machine.describe(arguments)
    install_peers(say)
    run = Run(options.subjects, Effort.quick() if options.quick else Effort.full(), say)
    sections = [head + "\n" + machine.versions([subject.name for subject in options.subjects])]
    with RunPlace() as place:
        for part in options.parts:
            say(f"{part} ({time.monotonic() - started:.0f} s so far)")
            sections.append(PARTS[part](run, place))
    if run.left_out:
        sections.append("Left out: " + "; ".join(dict.fromkeys(run.left_out)) + ".")
    text = "\n\n".join(sections) + "\n"
    print(text)
    os.makedirs(options.output, exist_ok=True)
    with open(os.path.join(options.output, "proxy.md"), "w", encoding="utf-8") as file:
        file.write(text)
    if run.plot:
        with open(os.path.join(options.output, "proxy.svg"), "w", encoding="utf-8") as file:
            file.write(run.plot)
    if options.doc:
        replace_results(source(DOC), text)
    say(f"took {time.monotonic() - started:.0f} s; the tables are in {options.output}/proxy.md")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (WrongAnswer, Unusable) as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(130)
