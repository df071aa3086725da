"""tools/up.py with the real programs: what it prints, and that it leaves nothing running, however it ends."""

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

SECOND_TASK = [
    "VIADUCT_SIDECAR_PORT_2",
    "VIADUCT_SIDECAR_OPS_PORT_2",
    "VIADUCT_CHAT_PORT_2",
    "VIADUCT_CHAT_OPS_PORT_2",
    "VIADUCT_REDIS_PORT",
]
VARIABLES = [
    "VIADUCT_EDGE_PORT",
    "VIADUCT_SIDECAR_PORT",
    "VIADUCT_SIDECAR_OPS_PORT",
    "VIADUCT_CHAT_PORT",
    "VIADUCT_CHAT_OPS_PORT",
]


class Up:
    """One run of tools/up.py on free ports."""

    def __init__(self, *options, sidecar=None, names=tuple(VARIABLES), **environment):
        # Short, since the admin socket's path is below it.
        self._directory = tempfile.TemporaryDirectory(dir="/tmp", prefix="up-")
        self.ports = {name: free_port() for name in names}
        ports = {name: str(port) for name, port in self.ports.items()}
        programs = [sidecar or runfile("sidecar/viaduct-sidecar"), runfile("origin/viaduct-chat"), "/bin/true"]
        self.process = subprocess.Popen(
            [runfile("tools/up.py"), *options, *programs],
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
        raise AssertionError("up.py ended before it was up")

    def read_until(self, words):
        """Returns the output up to the line that has these words."""
        output = ""
        for line in self.process.stdout:
            output += line
            if words in line:
                return output
        raise AssertionError(f"up.py ended before it said {words}: {output}")

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
        return None


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

    def test_one_that_dies_comes_back(self):
        with Up() as up:
            up.wait_until_up()
            os.kill(up.child("viaduct-chat"), signal.SIGKILL)
            output = up.read_until("starting the chat again")
            self.assertIn("up: the chat ended with status 137", output)
            eventually(lambda: status_of(up.url()) == 200, "the page is back")
            up.process.send_signal(signal.SIGTERM)
            self.assertEqual(up.finish()[0], 0)
            self.assertEqual(up.listening(), [])

    def test_one_that_keeps_dying_stops_the_others(self):
        with Up() as up:
            up.wait_until_up()
            for end in range(3):
                os.kill(eventually(lambda: up.child("viaduct-sidecar"), "the sidecar runs"), signal.SIGKILL)
                if end < 2:
                    up.read_until("starting the sidecar again")
            status, output = up.finish()
            self.assertEqual(status, 1)
            self.assertIn("up: the sidecar ended with status 137", output)
            self.assertEqual(up.listening(), [])

    def test_two_tasks_speak_over_redis(self):
        async def said(up):
            here, there = [
                await websockets.connect(f"ws://127.0.0.1:{up.ports[name]}/websocket")
                for name in ("VIADUCT_CHAT_PORT", "VIADUCT_CHAT_PORT_2")
            ]
            await here.recv()
            await there.recv()
            await here.send("hello")
            return await there.recv()

        with Up("--redis", names=tuple(VARIABLES + SECOND_TASK)) as up:
            up.wait_until_up()
            self.assertIn("hello", asyncio.run(said(up)))
            up.process.send_signal(signal.SIGTERM)
            self.assertEqual(up.finish()[0], 0)
            self.assertEqual(up.listening(), [])

    def test_an_application_of_ones_own_stands_in_for_the_chat(self):
        port = free_port()
        names = ("VIADUCT_EDGE_PORT", "VIADUCT_SIDECAR_PORT", "VIADUCT_SIDECAR_OPS_PORT")
        command = "/usr/bin/python3 -m http.server --bind 127.0.0.1 $PORT"
        with Up("--app", command, "--app-port", str(port), names=names) as up:
            up.wait_until_up()
            self.assertEqual(status_of(up.url()), 200)
            up.process.send_signal(signal.SIGTERM)
            self.assertEqual(up.finish()[0], 0)
            self.assertFalse(is_listening(port))

    def test_an_instance_has_ports_of_its_own(self):
        with Up(names=(), VIADUCT_INSTANCE="x") as up:
            status, output = up.finish()
        self.assertEqual((status, output), (1, 'up: VIADUCT_INSTANCE: "x" is not a digit\n'))

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
