"""Two chat tasks on one Redis by TLS with a password: whole, through a restart, refused, and in rooms new to a task."""

import asyncio
import json
import os
import socket
import ssl
import tempfile
import unittest

import websockets

from tests.support.eventually import PATIENCE, eventually
from tests.support.identity import make_identity
from tests.support.redis_server import RedisServer
from tests.support.stack import Chat, started

PASSWORD = "a password of Redis"
# Each task is new to each room: a welcome that came too early would be seen.
ROOMS = 20


class TlsRedis(RedisServer):
    """A RedisServer whose only port is for TLS."""

    def __init__(self, directory):
        super().__init__("redis-tls")
        self.password = PASSWORD
        self._context = ssl.create_default_context(cafile=f"{directory}/ours.crt")
        port = self._command.index("--port")
        self._command[port : port + 2] = ["--port", "0", "--tls-port", str(self.port), "--requirepass", PASSWORD]
        self._command += ["--tls-cert-file", f"{directory}/ours.crt", "--tls-key-file", f"{directory}/ours.key"]
        self._command += ["--tls-auth-clients", "no"]

    def ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain:
            with self._context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                secure.sendall(f'AUTH "{self.password}"\r\n'.encode())
                if secure.recv(4096) != b"+OK\r\n":
                    return b""
                secure.sendall(" ".join(words).encode() + b"\r\n")
                return secure.recv(4096)


async def broadcast_of(speaker, listener, text):
    """Returns the text that a client of `listener` gets when one of `speaker` sends `text` once, in that room."""
    async with (
        websockets.connect(f"ws://127.0.0.1:{speaker.port}/websocket?room={text}") as one,
        websockets.connect(f"ws://127.0.0.1:{listener.port}/websocket?room={text}") as two,
    ):
        for client in (one, two):
            assert json.loads(await asyncio.wait_for(client.recv(), PATIENCE))["type"] == "welcome"
        await one.send(text)
        while True:
            event = json.loads(await asyncio.wait_for(two.recv(), PATIENCE))
            if event["type"] == "broadcast":
                return event["message"]


class RedisTlsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        for name in ("ours", "theirs"):
            make_identity(self.directory, name)
        self.redis = started(self, TlsRedis(self.directory))

    def write(self, path, text):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def chat(self, name, authority="ours", password=PASSWORD):
        self.write(f"{self.directory}/{name}.password", password + "\n")
        redis = {
            "address": self.redis.address,
            "tls": True,
            "ca_file": f"{self.directory}/{authority}.crt",
            "password_file": f"{self.directory}/{name}.password",
            "back_off_last": "500ms",
        }
        return started(self, Chat({"broker": {"redis": redis}}, name=name))

    def logged(self, chat, message):
        return [entry for entry in chat.log_entries() if entry["msg"] == message]

    def test_messages_cross_also_when_redis_was_away(self):
        one, two = self.chat("chat-one"), self.chat("chat-two")
        for chat in (one, two):
            eventually(lambda chat=chat: self.logged(chat, "connected to Redis"), "a connection")
        for i in range(ROOMS):
            self.assertEqual(asyncio.run(broadcast_of(one, two, f"before-{i}")), f"before-{i}")
        self.redis.kill()
        self.redis.start()
        for chat in (one, two):
            eventually(lambda chat=chat: len(self.logged(chat, "connected to Redis")) > 1, "another connection")
            eventually(lambda chat=chat: chat.metric("viaduct_chat_broker_degraded") == 0, "that Redis serves it")
        self.assertEqual(asyncio.run(broadcast_of(two, one, "after")), "after")

    def test_a_server_of_another_authority_is_refused(self):
        chat = self.chat("chat-stranger", authority="theirs")
        line = eventually(lambda: self.logged(chat, "Redis cannot be used"), "the warning")[0]
        self.assertEqual(line["level"], "warn")
        self.assertEqual(line["address"], self.redis.address)
        self.assertIn("certificate", line["error"])
        self.assertEqual(asyncio.run(broadcast_of(chat, chat, "alone")), "alone")
        self.assertEqual(self.logged(chat, "connected to Redis"), [])

    def test_a_password_that_was_changed_heals_when_the_file_is(self):
        chat = self.chat("chat-rotated")
        eventually(lambda: self.logged(chat, "connected to Redis"), "a connection")
        self.redis.ask("CONFIG", "SET", "requirepass", "another-password")
        self.redis.password = "another-password"
        self.redis.ask("CLIENT", "KILL", "TYPE", "normal")
        refused = lambda: [line for line in self.logged(chat, "Redis cannot be used") if "WRONGPASS" in line["error"]]
        eventually(refused, "the old password is refused")
        eventually(lambda: chat.metric("viaduct_chat_broker_degraded") == 1, "it is degraded")
        self.assertEqual(asyncio.run(broadcast_of(chat, chat, "alone")), "alone")
        self.write(f"{self.directory}/chat-rotated.password", "another-password\n")
        eventually(lambda: len(self.logged(chat, "connected to Redis")) > 1, "another connection")
        eventually(lambda: chat.metric("viaduct_chat_broker_degraded") == 0, "that Redis serves it")
        for password in (PASSWORD, "another-password"):
            self.assertNotIn(password, chat.log())

    def test_files_that_are_missing_are_told_and_read_when_they_come(self):
        for name, field in (("chat-missing.password", "password_file"), ("ours.crt", "ca_file")):
            with self.subTest(field):
                chat = self.chat("chat-missing")
                eventually(lambda chat=chat: self.logged(chat, "connected to Redis"), "a connection")
                path = f"{self.directory}/{name}"
                os.rename(path, path + ".away")
                self.redis.ask("CLIENT", "KILL", "TYPE", "normal")
                error = f"broker.redis.{field}: cannot be read: No such file or directory"
                told = lambda chat=chat, error=error: [
                    line for line in self.logged(chat, "Redis cannot be used") if line["error"] == error
                ]
                eventually(told, "the missing file")
                eventually(lambda chat=chat: chat.metric("viaduct_chat_broker_degraded") == 1, "it is degraded")
                os.rename(path + ".away", path)
                eventually(lambda chat=chat: len(self.logged(chat, "connected to Redis")) > 1, "another connection")
                self.assertEqual(len(told()), 1, "told once")
                chat.stop()

    def test_a_wrong_password_is_told(self):
        chat = self.chat("chat-forgetful", password="another password")
        line = eventually(lambda: self.logged(chat, "Redis cannot be used"), "the warning")[0]
        self.assertIn("WRONGPASS", line["error"])
        self.assertNotIn("another password", chat.log())


if __name__ == "__main__":
    unittest.main()
