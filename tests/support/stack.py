"""A whole task for tests: the real chat, the real sidecar and the local edge in front, each a process of its own.

    with Stack(sidecar={"timeouts": {"idle_timeout": "1s"}}) as stack:
        urllib.request.urlopen(stack.url)
        stack.sidecar.terminate()

Everything listens on free ports of 127.0.0.1. Each program's log and config are kept with the test's outputs. Leaving
the `with` stops what still runs, edge last but for the chat, and fails the test if a program ended by a signal or with
an error that the test did not take note of by `terminate` or `wait`.

A target that uses this names //tests/support:stack in `deps`, which brings the programs along, and is tagged
"no-sanitizer".
"""

import json
import os
import resource
import secrets
import signal
import subprocess
import urllib.error
import urllib.request

from tests.support.edge_request import HOST
from tests.support.eventually import PATIENCE, eventually
from tests.support.places import free_port, outputs_dir, runfile

HAPROXY = "/usr/sbin/haproxy"
PRLIMIT = "/usr/bin/prlimit"


def status_of(url):
    """Returns the status of a GET, or None if there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


def merged(config, changes):
    """Returns `config` with `changes` merged into it, mapping by mapping; neither is changed."""
    result = dict(config)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def unused_path(name, extension):
    """Returns a path among the test's outputs, so that each program of each test case has files of its own."""
    path = os.path.join(outputs_dir(), f"{name}.{extension}")
    number = 1
    while os.path.exists(path):
        number += 1
        path = os.path.join(outputs_dir(), f"{name}-{number}.{extension}")
    open(path, "wb").close()
    return path


def unused_socket_path():
    """Short, since a Unix socket's path may have 107 bytes and a test's directory has many already.

    Random, since sandboxes share /tmp, but have process ids and ports of their own.
    """
    return f"/tmp/viaduct-test-{secrets.token_hex(8)}.sock"


class Program:
    """One process. Started by `start`, ready when its `ready_url` answers 200; may be started again once it ended."""

    # The allowed exit statuses after SIGTERM.
    good_statuses = (0,)

    def __init__(self, name, command, ready_url, environment=None):
        self.name = name
        self.log_path = unused_path(name, "log")
        self._command = command
        self._ready_url = ready_url
        self._environment = {**os.environ, **(environment or {})}
        self._process = None
        self._noted = False

    def allow_descriptors(self, most):
        """Lets it open no more files than this, from its next start on."""
        self._command = [PRLIMIT, f"--nofile={most}:{most}", *self._command]

    def start(self):
        assert not self.running(), f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        self._noted = False
        eventually(self._ready, f"{self.name} is ready; its log: {self.log_path}")

    def run(self, *arguments):
        """Runs it once more, with more arguments, to its end; returns the result of subprocess.run."""
        return subprocess.run(
            [*self._command, *arguments], env=self._environment, capture_output=True, timeout=PATIENCE, check=False
        )

    def _ready(self):
        if not self.running():
            self._noted = True
            raise AssertionError(f"{self.name} ended with {self._process.returncode}:\n{self.log()[-2000:]}")
        return status_of(self._ready_url) == 200

    @property
    def pid(self):
        return self._process.pid

    def resident_bytes(self):
        """Returns its memory (proc(5), /proc/PID/statm)."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def peak_resident_bytes(self):
        """Returns its largest memory so far (proc(5), VmHWM of /proc/PID/status)."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM:"))

    def running(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """Waits for the end, and returns the exit status: negative if a signal ended it."""
        try:
            status = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} has not ended within {patience} s") from None
        self._noted = True
        return status

    def terminate(self):
        """Sends SIGTERM, waits for the end and returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def stop(self):
        """Ends the process in any state. Raises AssertionError if it ended badly and the test did not note that."""
        if self._process is None:
            return
        if self.running():
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        status = self._process.returncode
        noted, self._noted = self._noted, True
        if not noted and status not in self.good_statuses:
            raise AssertionError(f"{self.name} ended with {status}:\n{self.log()[-2000:]}")

    def log(self):
        """Returns all its output so far."""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def log_entries(self):
        """Returns its log lines that are JSON objects, oldest first."""
        entries = []
        for line in self.log().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                entries.append(entry)
        return entries


def started(test, program):
    """Starts `program`, which is stopped when `test` ends, and returns it."""
    test.addCleanup(program.stop)
    program.start()
    return program


def write_config(name, config):
    """Writes `config` where a program can read it, and returns the path. JSON is YAML, too."""
    path = unused_path(name, "yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    return path


class ViaductProgram(Program):
    """A program of ours: it logs "listening" once everything is ready, including the admin API."""

    def start(self):
        self._said_before = self._times_said()
        super().start()

    def _ready(self):
        return super()._ready() and self._times_said() > self._said_before

    def metrics(self):
        """Returns all its metrics as Prometheus reads them."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}/metrics", timeout=PATIENCE) as response:
            return response.read().decode()

    def metric(self, series):
        """Returns the value of one metric, by its name and labels; it must exist."""
        for line in self.metrics().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise AssertionError(f"{self.name} has no {series}")

    def _times_said(self):
        return sum(entry.get("msg") == "listening" for entry in self.log_entries())


class Chat(ViaductProgram):
    """The chat service. `config` is merged into the one below."""

    def __init__(self, config=None, name="chat"):
        self.port = free_port()
        self.ops_port = free_port()
        self.admin_socket = unused_socket_path()
        base = {
            "listen": f"127.0.0.1:{self.port}",
            "ops_listen": f"127.0.0.1:{self.ops_port}",
            "workers": 2,
            # Tests send longer messages, and more at once, than people do.
            "limits": {"max_message_bytes": 1 << 20, "max_message_rate": 0, "max_byte_rate": 0},
            "timeouts": {"drain_timeout": "5s"},
            "admin": {"unix_socket": self.admin_socket},
        }
        path = write_config(name, merged(base, config or {}))
        command = [runfile("origin/viaduct-chat"), "--config", path]
        super().__init__(name, command, f"http://127.0.0.1:{self.ops_port}/readyz")


class Sidecar(ViaductProgram):
    """The sidecar in front of the chat on `upstream_port`. `config` is merged into the one below."""

    def __init__(self, upstream_port, config=None, name="sidecar", environment=None):
        self.port = free_port()
        self.ops_port = free_port()
        self.admin_socket = unused_socket_path()
        base = {
            "listen": f"127.0.0.1:{self.port}",
            "ops_listen": f"127.0.0.1:{self.ops_port}",
            "workers": 2,
            "admin": {"unix_socket": self.admin_socket},
            "vpc_origin": {
                "mode": "ALB",
                "trusted_peers": ["127.0.0.0/8"],
                "hosts": ["localhost", "127.0.0.1", HOST],
                "origins": ["same-host"],
            },
            # By default there are no health probes: a test may start without a chat, or count connections.
            "upstream": {"address": f"127.0.0.1:{upstream_port}", "health": {"interval": "0s"}},
            "drain": {"accept_window": "100ms", "spread": "200ms", "close_wait": "1s", "timeout": "5s"},
        }
        self.config_path = write_config(name, merged(base, config or {}))
        command = [runfile("sidecar/viaduct-sidecar"), "--config", self.config_path]
        super().__init__(name, command, f"http://127.0.0.1:{self.ops_port}/readyz", environment)


class Edge(Program):
    """A stand-in for CloudFront and ALB, in front of the sidecar on `sidecar_port`."""

    # HAProxy lets the signal end it.
    good_statuses = (0, -signal.SIGTERM)

    def __init__(self, sidecar_port, tunnel_timeout="60s", name="edge"):
        self.port = free_port()
        environment = {
            "VIADUCT_EDGE_PORT": str(self.port),
            "VIADUCT_SIDECAR_PORT": str(sidecar_port),
            "VIADUCT_EDGE_TUNNEL_TIMEOUT": tunnel_timeout,
        }
        command = [HAPROXY, "-db", "-f", runfile("deploy/local/haproxy.cfg")]
        super().__init__(name, command, f"http://127.0.0.1:{self.port}/", environment)


class Stack:
    """Chat, sidecar and edge; see above.

    `chat` and `sidecar` are laid over the programs' configs. `name` tells the files of two stacks of one test apart.
    """

    def __init__(self, chat=None, sidecar=None, tunnel_timeout="60s", name=""):
        prefix = f"{name}-" if name else ""
        self.chat = Chat(chat, name=f"{prefix}chat")
        self.sidecar = Sidecar(self.chat.port, sidecar, name=f"{prefix}sidecar")
        self.edge = Edge(self.sidecar.port, tunnel_timeout, name=f"{prefix}edge")
        self.url = f"http://127.0.0.1:{self.edge.port}/"
        self.websocket_url = f"ws://127.0.0.1:{self.edge.port}/websocket"

    def __enter__(self):
        try:
            for program in (self.chat, self.sidecar, self.edge):
                program.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        failures = self._stop()
        # A failure of the test itself says more.
        if error is None and failures:
            raise failures[0]

    def _stop(self):
        failures = []
        for program in (self.sidecar, self.edge, self.chat):
            try:
                program.stop()
            except AssertionError as failure:
                failures.append(failure)
        return failures
