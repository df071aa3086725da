"""Counts the instructions that a subject executes in user space, by valgrind's callgrind."""

import glob
import os
import re
import signal
import subprocess

from bench.figures import cost_each
from bench.processes import Process, Unusable


def total_instructions(text):
    """Returns the instructions in a callgrind file: its "summary" line, or "totals" in files that have only that."""
    for key in ("summary", "totals"):
        match = re.search(rf"^{key}: (\d+)", text, re.MULTILINE)
        if match:
            return int(match[1])
    raise ValueError("no summary and no totals in callgrind's output")


def without_debug_data(program, directory):
    """Copies `program` with its symbols only: Debian's valgrind cannot read the debug data that clang 19 writes."""
    copy = os.path.join(directory, os.path.basename(program))
    done = subprocess.run(["objcopy", "--strip-debug", program, copy], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"objcopy: {done.stderr.strip()}")
    return copy


def instructions(place, subject, traffic, operations, verb="count"):
    """Returns (total, path of an output file) of one process of `subject` that is connected to and does `operations`.

    `verb` is the command of bench-load for them.

    The end of the program is counted too: it is the same in every run.
    """
    outputs = []

    def under(command, directory):
        # %p is the process id: a server of several processes leaves one file for each.
        outputs.append(os.path.join(directory, "callgrind"))
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={outputs[0]}.%p", "--quiet"]
        if subject.counted_in:
            tool.append(f"--toggle-collect={subject.counted_in}")
        return [*tool, without_debug_data(command[0], directory), *command[1:]]

    with place.serve(subject, under) as server:
        with place.load(traffic, server) as load:
            load.tell(f"{verb} {operations}")
        server.process.stop(signal.SIGTERM)
    files = sorted(glob.glob(f"{outputs[0]}.*"))
    if not files:
        raise Unusable(f"{subject.name}: callgrind left no output: {server.process.log_tail()}")
    total = 0
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as file:
            total += total_instructions(file.read())
    return total, files[-1]


def instructions_each(place, subject, traffic, operations, verb="count"):
    """Returns instructions per operation: the difference of a run of `operations` and one of twice as many."""
    few, _ = instructions(place, subject, traffic, operations, verb)
    many, _ = instructions(place, subject, traffic, 2 * operations, verb)
    return cost_each((operations, few), (2 * operations, many))


def functions(text):
    """Returns {function: instructions} from the output of callgrind_annotate: "1,234 (5.67%)  file:name [object]"."""
    counts = {}
    for line in text.splitlines():
        match = re.match(r"\s*([\d,]+) \([ \d.]+%\)\s+[^:]*:(.+?)(?: \[[^\[]*\])?$", line)
        if match:
            counts[match[2]] = counts.get(match[2], 0) + int(match[1].replace(",", ""))
    return counts


def functions_each(place, subject, traffic, operations, inclusive, verb="count"):
    """Returns {function: instructions per operation}, as instructions_each does; with callees if `inclusive`."""
    counted = []
    for number in (operations, 2 * operations):
        _, output = instructions(place, subject, traffic, number, verb)
        command = ["callgrind_annotate", "--threshold=100", f"--inclusive={'yes' if inclusive else 'no'}", output]
        counted.append(functions(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    few, many = counted
    return {name: cost_each((operations, few.get(name, 0)), (2 * operations, count)) for name, count in many.items()}
