"""The cost of a verdict of the filter, by the Google Benchmark of bench/filter."""

import json
import os
import subprocess

from bench.callgrind import total_instructions, without_debug_data
from bench.figures import cost_each
from bench.processes import Unusable, pinned
from bench.programs import FILTER, program

# The two counts of the benchmark "Counted".
COUNTS = (1000, 2000)


def _output(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"the filter's benchmark: {done.stderr.strip()[-300:]}")
    return done.stdout


def nanoseconds(place):
    """Returns {benchmark: nanoseconds of CPU per verdict}, the median of five runs of each."""
    flags = ["--benchmark_filter=-^Counted", "--benchmark_format=json", "--benchmark_min_time=0.2"]
    flags += ["--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"]
    told = json.loads(_output(pinned([program(FILTER), *flags], place.server_cpu)))
    medians = (one for one in told["benchmarks"] if one["aggregate_name"] == "median")
    return {one["run_name"]: one["cpu_time"] for one in medians}


def instructions(place):
    """Returns the instructions of the verdict "Genuine", including a few of the benchmark's own loop."""
    copy = without_debug_data(program(FILTER), place.directory)
    totals = []
    for count in COUNTS:
        output = os.path.join(place.directory, f"verdicts-{count}")
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--quiet"]
        _output([*tool, copy, f"--benchmark_filter=^Counted/iterations:{count}$"])
        with open(output, encoding="utf-8", errors="replace") as file:
            totals.append((count, total_instructions(file.read())))
    return cost_each(*totals)
