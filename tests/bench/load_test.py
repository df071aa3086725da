"""bench-load counts its operations, and fails loudly on every wrong answer."""

import base64
import hashlib
import socket
import threading
import unittest

from bench.chat_subjects import subject_named as chat_named
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
            # Continues until bench-load has seen enough.
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass


ID = "00000000-0000-4000-8000-000000000000"


def text_frame(text):
    data = text.encode()
    return (bytes([0x81, len(data)]) if len(data) < 126 else b"\x81\x7e" + len(data).to_bytes(2)) + data


def welcomed(head, text=f'{{"type":"welcome","id":"{ID}","clientCount":1}}'):
    return upgraded(head) + text_frame(text)


def text_of(frame):
    """Returns the text of a client's frame of 64 bytes."""
    key, masked = frame[2:6], frame[6:70]
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(masked)).decode()


def said(text, kind="echo", sender=ID):
    return text_frame(f'{{"type":"{kind}","from":"{sender}","message":"{text}"}}')


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

    def chat_failure(self, *answers):
        with FaultyServer(*answers) as server, self.assertRaises(WrongAnswer) as caught:
            with LoadDriver(program(LOAD), Traffic("chat", sources=1), server.port) as load:
                load.tell("count 1")
                load.tell("count 1")
        return str(caught.exception)

    def test_a_chat_that_welcomes_wrongly_is_noticed(self):
        for text in ('{"type":"hello"}', f'{{"type":"welcome","id":"{ID}","clientCount":0}}'):
            with self.subTest(text):
                self.assertIn("no welcome", self.chat_failure(lambda head, text=text: welcomed(head, text)))

    def test_a_delivery_that_is_wrong_is_noticed(self):
        faults = {
            "damaged": lambda frame: said(text_of(frame)[:-1] + "~"),
            "under a wrong name": lambda frame: said(text_of(frame), sender=ID[:-1] + "1"),
            "neither an echo nor a broadcast": lambda frame: said(text_of(frame) + "~"),
            "an echo for a broadcast, or the reverse": lambda frame: said(text_of(frame), kind="broadcast"),
            "message 1 of client 0 instead of 0": lambda frame: said(text_of(frame)[:15] + "b" + text_of(frame)[16:]),
        }
        for how, answer in faults.items():
            with self.subTest(how):
                self.assertIn(how, self.chat_failure(welcomed, answer))

    def test_a_message_that_comes_twice_is_noticed(self):
        first = lambda frame: said(text_of(frame)[:8] + "a" * 8 + text_of(frame)[16:])
        failure = self.chat_failure(welcomed, first, first)
        self.assertIn("message 0 of client 0 instead of 1", failure)

    def test_every_delivery_of_a_chat_is_counted(self):
        for traffic in (
            Traffic("chat", 5, depth=3),
            Traffic("chat", 5, payload=16, active=2, senders=2),
            Traffic("chat", 4, payload=70_000),
            Traffic("chat", 3, pace=1000),
        ):
            with self.subTest(traffic), RunPlace(backend=False) as place:
                with place.serve(chat_named("floor")) as server, place.load(traffic, server) as load:
                    report = load.tell("count 20")
                    self.assertEqual(report["operations"], 20 * traffic.connections)
                    self.assertEqual(report["bytes"], 20 * traffic.connections * traffic.payload)
                    load.tell("open 2")
                    self.assertEqual(load.tell("count 3")["operations"], 3 * (traffic.connections + 2))

    def test_the_chat_passes_as_the_floor_does(self):
        with RunPlace(backend=False) as place, place.serve(chat_named("viaduct"), workers=2) as server:
            with place.load(Traffic("chat", 20, depth=4), server) as load:
                self.assertEqual(load.tell("count 200")["operations"], 4000)
            with place.load(Traffic("joins", 3), server) as load:
                self.assertEqual(load.tell("count 30")["operations"], 30)

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
