"""A WebSocket client that is not ours (Debian's python3-websockets) speaks with the chat, direct and by the sidecar."""

import asyncio
import json
import unittest

import websockets

from tests.support.edge_request import EDGE_HEADERS
from tests.support.stack import Chat, Sidecar

MIB = 1 << 20
# All codes that an endpoint may send (RFC 6455 section 7.4 and the IANA registry).
CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]


class WebSocketClientTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.chat = Chat()
        cls.sidecar = Sidecar(cls.chat.port)
        cls.addClassCleanup(cls.chat.stop)
        cls.addClassCleanup(cls.sidecar.stop)
        cls.chat.start()
        cls.sidecar.start()
        cls.ways = {"direct": cls.chat.port, "sidecar": cls.sidecar.port}

    async def connect(self, port):
        # Without pings of its own: 200 of these share one slow thread, and would give up on themselves.
        return await websockets.connect(
            f"ws://127.0.0.1:{port}/websocket",
            extra_headers=EDGE_HEADERS,
            max_size=None,
            max_queue=None,
            open_timeout=60,
            ping_interval=None,
        )

    async def welcomed(self, port):
        """Opens a connection; returns it with the id of its welcome."""
        connection = await self.connect(port)
        return connection, json.loads(await connection.recv())["id"]

    async def test_messages_of_every_kind_come_back(self):
        texts = ["", "x", "ü" * 60, "a" * 125, "b" * 126, "c" * 65535, "d" * 65536, '"\\\u2028\x1f😀']
        for way, port in self.ways.items():
            with self.subTest(way=way):
                connection, own_id = await self.welcomed(port)
                for text in texts:
                    await connection.send(text)
                    echo = json.loads(await connection.recv())
                    self.assertEqual(echo, {"type": "echo", "from": own_id, "message": text})
                await connection.send(b"binary \x00 bytes")
                self.assertEqual(json.loads(await connection.recv())["message"], "binary \x00 bytes")
                await connection.send(["frag", "", "ment", "s é"])
                self.assertEqual(json.loads(await connection.recv())["message"], "fragments é")
                # A whole MiB is the limit; JSON adds to it on the way back.
                await connection.send("m" * MIB)
                self.assertEqual(len(json.loads(await connection.recv())["message"]), MIB)
                await asyncio.wait_for(await connection.ping(b"hello"), 30)
                await connection.close()

    async def test_too_big_a_message_is_1009(self):
        for way, port in self.ways.items():
            with self.subTest(way=way):
                connection, _ = await self.welcomed(port)
                with self.assertRaises(websockets.ConnectionClosed):
                    await connection.send("m" * (MIB + 1))
                    await connection.recv()
                self.assertEqual(connection.close_code, 1009)

    async def test_every_legal_close_is_answered_with_its_code(self):
        for way, port in self.ways.items():
            for code in CODES:
                with self.subTest(way=way, code=code):
                    connection, _ = await self.welcomed(port)
                    await connection.close(code, "bye")
                    self.assertEqual((connection.close_code, connection.close_reason), (code, ""))

    async def test_200_at_once_lose_and_reorder_nothing(self):
        count, each = 200, 1
        for way, port in self.ways.items():
            with self.subTest(way=way):
                opened = await asyncio.gather(*(self.welcomed(port) for _ in range(count)))
                ids = [own_id for _, own_id in opened]
                self.assertEqual(len(set(ids)), count)

                async def talk(connection):
                    for number in range(each):
                        await connection.send(str(number))

                async def listen(connection):
                    received = {own_id: [] for own_id in ids}
                    for _ in range(count * each):
                        message = json.loads(await asyncio.wait_for(connection.recv(), 60))
                        received[message["from"]].append(message["message"])
                    return received

                heard = asyncio.gather(*(listen(connection) for connection, _ in opened))
                await asyncio.gather(*(talk(connection) for connection, _ in opened))
                expected = {own_id: [str(number) for number in range(each)] for own_id in ids}
                for received in await heard:
                    self.assertEqual(received, expected)
                await asyncio.gather(*(connection.close() for connection, _ in opened))


if __name__ == "__main__":
    unittest.main()
