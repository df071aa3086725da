"""Processes of a run: started pinned, observed by way of /proc, and always ended by their own ids."""

import os
import resource
import signal
import socket
import subprocess
import time

# Time limit for anything that must happen; valgrind and a loaded machine are slow.
PATIENCE = 60


class Unusable(Exception):
    """Raised for a subject that cannot be measured here, with the reason."""


def raise_descriptor_limit():
    """Raises this process's limit of open files, which what it starts inherits, and returns it.

    20,000 tunnels need 40,000 in a proxy; root may go beyond the hard limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, 200_000), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (OSError, ValueError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def process_tree(pid):
    """Returns `pid` and its running descendants."""
    parents = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                # The name in parentheses may contain anything; the parent is the second field behind it.
                parents[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    tree = [pid]
    for member in tree:
        tree.extend(child for child, parent in parents.items() if parent == member)
    return tree


def cpu_nanoseconds(pid):
    """CPU time of all threads, also of those that ended, by the scheduler's count: the process's own CPU clock."""
    # The clock id of clock_getcpuclockid(3): the complement of the pid, then two for the scheduler's clock.
    return time.clock_gettime_ns((~pid << 3) | 2)


def memory_bytes(pid):
    """Returns the proportional set size of a process: shared memory counts by its share."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    raise Unusable("/proc/PID/smaps_rollup has no Pss line")


def free_ports():
    """Yields ports of 127.0.0.1, each once, outside of the range that the kernel uses for outgoing connections."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
    raise Unusable("no free port below 32000")


def pinned(command, cpus):
    """Returns `command` pinned to the named CPUs, "0" or "0,1"; unchanged if that is empty."""
    return ["taskset", "-c", cpus, *command] if cpus else list(command)


class Process:
    """One program with its descendants, in a session of its own: a Ctrl-C meant for the runner does not reach it."""

    def __init__(self, name, command, cpus="", log=None, **options):
        self.name = name
        self.log_path = log
        output = open(log, "ab") if log else subprocess.DEVNULL
        try:
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, **options}
            self.popen = subprocess.Popen(pinned(command, cpus), start_new_session=True, **options)
        except OSError as error:
            raise Unusable(f"{name}: {error}") from None
        finally:
            if log:
                output.close()

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def cpu_nanoseconds(self):
        return sum(cpu_nanoseconds(pid) for pid in process_tree(self.pid))

    def memory_bytes(self):
        return sum(memory_bytes(pid) for pid in process_tree(self.pid))

    def wait_for_port(self, port):
        """Waits until the program accepts connections on 127.0.0.1."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if not self.running():
                raise Unusable(f"{self.name} ended with {self.popen.returncode}: {self.log_tail()}")
            with socket.socket() as probe:
                probe.settimeout(PATIENCE)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if time.monotonic() > deadline:
                raise Unusable(f"{self.name} does not listen within {PATIENCE} s: {self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self):
        if not self.log_path:
            return "no log"
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:].strip() or "nothing in its log"

    def stop(self, number=signal.SIGTERM):
        """Ends the program and waits for it; sends SIGKILL to its session if it does not end."""
        deadline = time.monotonic() + PATIENCE
        while self.running() and time.monotonic() < deadline:
            # The signal is repeated: nginx misses one that comes just before it waits for events.
            self.popen.send_signal(number)
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                continue
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        # Nothing of interest comes after the figures, and a drain of some seconds would only take time.
        self.stop(signal.SIGKILL)
