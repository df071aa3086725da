"""Drives bench-load: one process with its connections to one subject, told line by line what to do."""

import dataclasses
import json
import subprocess

from bench.processes import Process


@dataclasses.dataclass(frozen=True)
class Traffic:
    """The traffic that bench-load makes, as set by its flags."""

    workload: str
    connections: int = 1
    payload: int = 64
    depth: int = 1
    active: int | None = None
    sources: int = 4
    # Settings of chat traffic.
    senders: int = 0
    rooms: int = 1
    pace: int = 0

    def flags(self):
        flags = ["--workload", self.workload, "--connections", self.connections, "--payload", self.payload]
        flags += ["--depth", self.depth, "--sources", self.sources]
        if self.active is not None:
            flags += ["--active", self.active]
        flags += ["--senders", self.senders, "--rooms", self.rooms, "--pace", self.pace]
        return [str(flag) for flag in flags]


class WrongAnswer(Exception):
    """The load generator received something wrong. The run is worthless."""


class LoadDriver:
    """A running bench-load. `opened` is its report on opening the connections."""

    def __init__(self, program, traffic, port, cpus="", also=None):
        command = [program, "--target", f"127.0.0.1:{port}", *traffic.flags()]
        if also is not None:
            command += ["--also", f"127.0.0.1:{also}"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self._process = Process("bench-load", command, cpus, **pipes)
        try:
            self.opened = self._report()
        except BaseException:
            self._process.stop()
            raise

    def _report(self):
        line = self._process.popen.stdout.readline()
        if not line:
            self._process.popen.wait()
            raise WrongAnswer(self._process.popen.stderr.read().strip() or "bench-load ended without a word")
        return json.loads(line)

    def tell(self, command):
        """Sends bench-load the command "seconds S", "count N" or "open N", and returns its report."""
        self._process.popen.stdin.write(command + "\n")
        self._process.popen.stdin.flush()
        return self._report()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for stream in (self._process.popen.stdin, self._process.popen.stdout, self._process.popen.stderr):
            stream.close()
        self._process.stop()
