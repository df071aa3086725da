"""bench-load counts what it did, and ends loudly at every answer that is not what it must be."""

import base64
import hashlib
import socket
import threading
import unittest

from bench.load_driver import LoadDriver, Traffic, WrongAnswer
from bench.programs import LOAD, program
from bench.run_place import RunPlace
from bench.subjects import subject_named


def accept_of(head):
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"sec-websocket-key"))
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def upgraded(head, accept=None):
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Sec-WebSocket-Accept: " + (accept or accept_of(head))]
    return b"\r\n".join(lines) + b"\r\n\r\n"


class FaultyServer:
    """Answers a connection's first bytes by `answers[0]`, the next by `answers[1]`, ...; each is a function of them."""

    def __init__(self, *answers):
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._thread.join()
        self._listener.close()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            for answer in self._answers:
                data = connection.recv(65536)
                connection.sendall(answer(data))
            # Until bench-load has seen enough.
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass


class Load(unittest.TestCase):
    def failure(self, workload, *answers):
        with FaultyServer(*answers) as server, self.assertRaises(WrongAnswer) as caught:
            LoadDriver(program(LOAD), Traffic(workload, sources=1), server.port)
        return str(caught.exception)

    def test_a_101_to_another_key_is_noticed(self):
        self.assertIn("answers another key", self.failure("upgrades", lambda head: upgraded(head, b"A" * 27 + b"=")))

    def test_a_refused_upgrade_is_noticed(self):
        answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        self.assertIn("answered 403", self.failure("echo", lambda head: answer))

    def test_an_echo_of_other_bytes_is_noticed(self):
        frame = b"\x82\x40" + b"\0" * 63 + b"\x01"
        self.assertIn("came back damaged", self.failure("echo", upgraded, lambda data: frame))

    def test_an_echo_of_another_message_is_noticed(self):
        frame = b"\x82\x40" + b"\x07" + b"\0" * 63
        self.assertIn("not the next echo", self.failure("echo", upgraded, lambda data: frame))

    def test_a_body_of_another_request_is_noticed(self):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
        self.assertIn("another request", self.failure("requests", lambda head: answer))

    def test_every_workload_passes_the_floor_and_counts_what_it_did(self):
        with RunPlace() as place, place.serve(subject_named("floor")) as server:
            for traffic in (
                Traffic("echo", 5, payload=3, depth=2),
                Traffic("echo", 2, payload=200_000),
                Traffic("echo", 9, active=2),
                Traffic("upgrades", 3),
                Traffic("requests", 3),
            ):
                with self.subTest(traffic), place.load(traffic, server) as load:
                    self.assertEqual(load.opened["operations"], traffic.connections)
                    report = load.tell("count 50")
                    self.assertEqual(report["operations"], 50)
                    self.assertEqual(report["bytes"], 100 * traffic.payload if traffic.workload == "echo" else 0)

    def test_further_tunnels_are_opened_when_asked_for(self):
        with RunPlace() as place, place.serve(subject_named("floor splice")) as server:
            with place.load(Traffic("echo", 0), server) as load:
                self.assertEqual(load.tell("open 100")["operations"], 100)
                self.assertEqual(load.tell("count 200")["operations"], 200)


if __name__ == "__main__":
    unittest.main()
