"""Counts the system calls of a subject per operation, by strace."""

import os
import re
import shutil
import signal
import subprocess
import time

from bench.processes import PATIENCE, Process, Unusable, process_tree


def calls_of(text):
    """Returns {system call: count} from the output of strace -c."""
    counts = {}
    for line in text.splitlines():
        # Share, seconds, microseconds per call, calls, errors if any, name.
        match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", line)
        if match and match[2] != "total":
            counts[match[2]] = int(match[1])
    return counts


def calls_each(place, subject, traffic, operations):
    """Returns {system call: calls per operation} of all threads, most frequent first; may raise Unusable."""
    if shutil.which("strace") is None:
        raise Unusable("strace is not installed")
    with place.serve(subject) as server, place.load(traffic, server) as load:
        load.tell(f"count {operations}")
        output = os.path.join(place.directory, "strace")
        pids = [flag for pid in process_tree(server.process.pid) for flag in ("-p", str(pid))]
        messages = os.path.join(place.directory, "strace.log")
        with Process("strace", ["strace", "-f", "-c", "-o", output, *pids], log=messages) as tracer:
            _wait_until_traced(server.process.pid, tracer)
            load.tell(f"count {operations}")
            tracer.popen.send_signal(signal.SIGINT)
            try:
                tracer.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                raise Unusable("strace does not end") from None
        with open(output, encoding="utf-8") as file:
            counts = calls_of(file.read())
    return {name: count / operations for name, count in sorted(counts.items(), key=lambda item: -item[1])}


def _wait_until_traced(pid, tracer):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        states = [_tracer_of(pid, thread) for thread in os.listdir(f"/proc/{pid}/task")]
        if all(state != "0" for state in states):
            return
        if not tracer.running():
            break
        time.sleep(0.02)
    raise Unusable(f"strace cannot attach: {tracer.log_tail()}")


def _tracer_of(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
        return re.search(r"^TracerPid:\s*(\d+)", file.read(), re.MULTILINE)[1]
