"""The place of one run: a directory, a backend, the CPUs, and the servers and loads started there."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from bench.load_driver import LoadDriver
from bench.processes import Process, Unusable, free_ports, raise_descriptor_limit
from bench.programs import BACKEND, LOAD, program
from bench.subjects import Place


class Server:
    """A started subject."""

    def __init__(self, subject, process, port):
        self.subject = subject
        self.process = process
        self.port = port


class RunPlace:
    """Starts the backend, if there is to be one, then servers and loads. Everything it started ends with it.

    Servers have one CPU and the load and the backend another, where there are two: otherwise the load would be counted
    by the waits that it causes.
    """

    def __init__(self, backend=True):
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu = str(cpus[0])
        self.load_cpu = str(cpus[-1])
        self.all_cpus = ",".join(str(cpu) for cpu in cpus)
        self.directory = tempfile.mkdtemp(prefix="viaduct-bench-")
        self.backend_socket = os.path.join(self.directory, "backend.sock")
        self.max_tunnels = raise_descriptor_limit() * 2 // 5 - 100
        self._servers = 0
        self._ports = free_ports()
        self._with_backend = backend
        self.backend = None
        self.backend_port = 0

    def __enter__(self):
        if not self._with_backend:
            return self
        command = [program(BACKEND), "--listen", "127.0.0.1:0", "--unix", self.backend_socket]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        try:
            self.backend = Process("bench-backend", command, self.load_cpu, **pipes)
            self.backend_port = int(self.backend.popen.stdout.readline().rpartition(":")[2])
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if self.backend is not None:
            self.backend.popen.stdout.close()
            self.backend.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextlib.contextmanager
    def serve(self, subject, under=None, workers=1):
        """Starts `subject` and waits until it accepts. `under(command, directory)` returns the command under a tool."""
        ports = [next(self._ports) for _ in range(3)]
        self._servers += 1
        directory = os.path.join(self.directory, f"{self._servers}")
        os.mkdir(directory)
        place = Place(*ports, self.backend_port, self.backend_socket, directory, self.max_tunnels, workers)
        cpus = self.server_cpu if workers == 1 else self.all_cpus
        command = subject.command(place)
        if under is not None:
            command = under(command, directory)
        with Process(subject.name, command, cpus, os.path.join(directory, "log")) as process:
            process.wait_for_port(ports[0])
            yield Server(subject, process, ports[0])

    def free_port(self):
        return next(self._ports)

    def load(self, traffic, server, also=None):
        """Returns a bench-load connected to `server`; every other member of a chat's room connects to `also`."""
        return LoadDriver(program(LOAD), traffic, server.port, self.load_cpu, also.port if also else None)

    def cpu_each(self, server, load, command):
        """Returns (microseconds of the server's CPU per operation, bench-load's report) of one command to `load`."""
        before = server.process.cpu_nanoseconds()
        report = load.tell(command)
        # The server may still be closing a tunnel that the load has left.
        time.sleep(0.002)
        spent = server.process.cpu_nanoseconds() - before
        if report["operations"] == 0:
            raise Unusable(f"{server.subject}: nothing was finished within \"{command}\"")
        return spent / 1000 / report["operations"], report
