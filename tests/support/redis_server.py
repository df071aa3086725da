"""A real redis-server for tests, which keeps acknowledged data even when it is killed."""

import os
import signal
import socket
import tempfile

from tests.support.places import free_port
from tests.support.stack import Program

REDIS = "/usr/bin/redis-server"


class RedisServer(Program):
    """On a free port of 127.0.0.1, with an append-only file in a directory that goes with it."""

    def __init__(self, name="redis"):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._directory = tempfile.TemporaryDirectory(prefix="redis")
        command = [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._directory.name]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        super().__init__(name, command, None)

    def _ready(self):
        if not self.running():
            raise AssertionError(f"{self.name} ended:\n{self.log()[-2000:]}")
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def ask(self, *words):
        """Returns the beginning of the raw answer to one command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(4096)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait()

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        if self.running():
            os.kill(self.pid, signal.SIGCONT)
        super().stop()
        self._directory.cleanup()
