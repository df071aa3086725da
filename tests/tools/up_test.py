"""tools/up with the real programs: what it prints, and that it leaves nothing running, however it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import unittest

import websockets

from tests.support.eventually import PATIENCE, eventually
from tests.support.places import free_port, runfile
from tests.support.stack import status_of

VARIABLES = [
    "VIADUCT_EDGE_PORT",
    "VIADUCT_SIDECAR_PORT",
    "VIADUCT_SIDECAR_OPS_PORT",
    "VIADUCT_CHAT_PORT",
    "VIADUCT_CHAT_OPS_PORT",
]


class Up:
    """One run of tools/up on free ports."""

    def __init__(self, sidecar=None, **environment):
        # Short, since the admin socket's path is below it.
        self._directory = tempfile.TemporaryDirectory(dir="/tmp", prefix="up-")
        self.ports = {name: free_port() for name in VARIABLES}
        ports = {name: str(port) for name, port in self.ports.items()}
        programs = [sidecar or runfile("sidecar/viaduct-sidecar"), runfile("origin/viaduct-chat"), "/bin/true"]
        self.process = subprocess.Popen(
            [runfile("tools/up"), *programs],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": self._directory.name, **ports, **environment},
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._directory.cleanup()

    def url(self):
        return f"http://127.0.0.1:{self.ports['VIADUCT_EDGE_PORT']}/"

    def wait_until_up(self):
        """Waits for the announcement, and returns its first line."""
        for line in self.process.stdout:
            if line.startswith("Viaduct is up"):
                return line
        raise AssertionError("tools/up ended before it was up")

    def finish(self):
        """Waits for the end; returns the status, and the output since the last call."""
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output

    def listening(self):
        return [name for name, port in self.ports.items() if is_listening(port)]

    def child(self, program):
        """Returns the process id of the child whose command line contains `program`."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            for pid in file.read().split():
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as command:
                    if program in command.read():
                        return int(pid)
        raise AssertionError(f"no child runs {program}")


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class UpTest(unittest.TestCase):
    def test_serves_the_page_and_stops_in_order(self):
        async def close_code(up):
            url = f"ws://127.0.0.1:{up.ports['VIADUCT_EDGE_PORT']}/websocket"
            async with websockets.connect(url) as client:
                await client.recv()
                up.process.send_signal(signal.SIGTERM)
                await client.wait_closed()
                return client.close_code

        with Up() as up:
            self.assertIn(up.url().replace("127.0.0.1", "localhost"), up.wait_until_up())
            self.assertEqual(status_of(up.url()), 200)
            # The Close comes through the edge, so the edge was there while the sidecar drained.
            self.assertEqual(asyncio.run(close_code(up)), 1012)
            status, output = up.finish()
            self.assertEqual(status, 0)
            self.assertTrue(output.endswith("up: draining\nup: stopped\n"), output)
            self.assertEqual(up.listening(), [])

    def test_one_that_dies_stops_the_others(self):
        with Up() as up:
            up.wait_until_up()
            os.kill(up.child("viaduct-sidecar"), signal.SIGKILL)
            status, output = up.finish()
            self.assertEqual(status, 1)
            self.assertIn("up: the sidecar ended with status 137", output)
            self.assertEqual(up.listening(), [])

    def test_one_that_does_not_start_stops_the_others(self):
        with Up(sidecar="/bin/false") as up:
            status, output = up.finish()
            self.assertEqual(status, 1)
            self.assertIn("up: the sidecar ended with status 1", output)
            self.assertEqual(up.listening(), [])

    def test_killed_hard_it_leaves_nothing_running(self):
        with Up() as up:
            up.wait_until_up()
            up.process.kill()
            eventually(lambda: not up.listening(), "all ports are closed")

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with Up(VIADUCT_CHAT_OPS_PORT=str(port)) as up:
                status, output = up.finish()
        self.assertEqual(status, 1)
        self.assertEqual(output, f"up: port {port} is in use; set VIADUCT_CHAT_OPS_PORT to another port\n")

    def test_what_is_no_port_is_refused(self):
        for value in ("http", "0", "65536", "-1", "08080"):
            with self.subTest(value), Up(VIADUCT_EDGE_PORT=value) as up:
                status, output = up.finish()
                self.assertEqual(status, 1)
                self.assertEqual(output, f'up: VIADUCT_EDGE_PORT: "{value}" is not a port\n')


if __name__ == "__main__":
    unittest.main()
