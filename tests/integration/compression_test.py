"""permessage-deflate from end to end, through the sidecar with every check on.

The clients are not ours: Debian's python3-websockets inflates and deflates, and checks what is negotiated.
"""

import asyncio
import base64
import json
import random
import signal
import unittest
import zlib

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from tests.support.edge_request import EDGE_HEADERS, UPGRADE_HEADERS, RawClient, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.stack import Chat, Sidecar, started, unused_path

MIB = 1 << 20
SECRET = "correct-horse-battery-staple"
COMPRESSION = {"enabled": True, "client_context_takeover": True}
SERVER_NO_CONTEXT = ("server_no_context_takeover", None)
CLIENT_NO_CONTEXT = ("client_no_context_takeover", None)


def noise(size):
    """Text that hardly compresses, always the same."""
    return base64.b64encode(random.Random(size).randbytes(size * 3 // 4)).decode()


TEXTS = ["", "short ü😀", "the same again " * 20, "a" * 70_000, "ü" * 300_000, noise(8_192), noise(100_000)]


class Offer(ClientPerMessageDeflateFactory):
    """One offer of permessage-deflate, which keeps the parameters of the answer and counts compressed frames."""

    answer = None
    frames_received = 0
    bytes_sent = 0

    def process_response_params(self, params, accepted_extensions):
        self.answer = list(params)
        extension = super().process_response_params(params, accepted_extensions)
        decode, encode = extension.decode, extension.encode

        def counting_decode(frame, **options):
            self.frames_received += frame.rsv1
            return decode(frame, **options)

        def counting_encode(frame):
            encoded = encode(frame)
            self.bytes_sent += len(encoded.data)
            return encoded

        extension.decode, extension.encode = counting_decode, counting_encode
        return extension


class Client:
    """A member of a room."""

    def __init__(self, connection, own_id, offer):
        self.connection = connection
        self.id = own_id
        self.offer = offer

    async def say(self, message):
        """Sends a text, or fragments of one."""
        await self.connection.send(message)

    async def hear(self):
        """Returns (type, sender, text) of the next message."""
        message = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE))
        return message["type"], message["from"], message["message"]

    async def closed(self):
        await asyncio.wait_for(self.connection.wait_closed(), PATIENCE)
        return self.connection.close_code, self.connection.close_reason


async def join(port, offer=None, room="room"):
    connection = await websockets.connect(
        f"ws://127.0.0.1:{port}/websocket?room={room}",
        origin=f"http://127.0.0.1:{port}",
        extra_headers=[*EDGE_HEADERS, ("x-origin-verify", SECRET)],
        compression=None,
        extensions=[offer] if offer else None,
        max_size=None,
        open_timeout=PATIENCE,
        ping_interval=None,
    )
    return Client(connection, json.loads(await connection.recv())["id"], offer)


class CompressionTest(unittest.IsolatedAsyncioTestCase):
    def start(self, compression=None, sidecar=None):
        """Starts chat and sidecar, with no check off."""
        path = unused_path("secret", "txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.chat = started(self, Chat({"compression": {**COMPRESSION, **(compression or {})}}))
        checks = {"vpc_origin": {"secret": {"sources": [{"name": "current", "file": path}]}}}
        self.sidecar = started(self, Sidecar(self.chat.port, {**checks, **(sidecar or {})}))
        self.port = self.sidecar.port

    async def assert_all_hear(self, speaker, others, text, said=None):
        """`speaker` sends `text`, or the fragments `said`, and everybody in the room gets it."""
        await speaker.say(text if said is None else said)
        self.assertEqual(await speaker.hear(), ("echo", speaker.id, text))
        for other in others:
            self.assertEqual(await other.hear(), ("broadcast", speaker.id, text))

    async def test_every_offer_is_answered_and_all_of_one_room_hear_the_same(self):
        # By default the server's window has 15 bits, and clients may keep a context of as many.
        self.start()
        offers = [
            (Offer(), [SERVER_NO_CONTEXT]),
            (Offer(client_max_window_bits=None), [SERVER_NO_CONTEXT]),
            (Offer(client_max_window_bits=9), [SERVER_NO_CONTEXT]),
            (Offer(client_max_window_bits=15), [SERVER_NO_CONTEXT]),
            (Offer(server_max_window_bits=9), [SERVER_NO_CONTEXT, ("server_max_window_bits", "9")]),
            (Offer(server_max_window_bits=15), [SERVER_NO_CONTEXT, ("server_max_window_bits", "15")]),
            (Offer(server_no_context_takeover=True), [SERVER_NO_CONTEXT]),
            (Offer(client_no_context_takeover=True), [SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT]),
            (
                Offer(True, True, server_max_window_bits=10, client_max_window_bits=11),
                [SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT, ("server_max_window_bits", "10")],
            ),
            # zlib does not support this: the offer is declined, and the connection opens without compression.
            (Offer(server_max_window_bits=8), None),
            (None, None),
        ]
        members = [await join(self.port, offer) for offer, _ in offers]
        for member, (offer, answer) in zip(members, offers):
            self.assertEqual(offer and offer.answer, answer)
            self.assertEqual(len(member.connection.extensions), 0 if answer is None else 1)
        for speaker in members:
            others = [member for member in members if member is not speaker]
            for text in TEXTS:
                await self.assert_all_hear(speaker, others, text)
            fragments = ["the same ", "", noise(70_000), "a" * 70_000, ""]
            await self.assert_all_hear(speaker, others, "".join(fragments), fragments)
        long_texts = sum(len(text) >= 256 for text in TEXTS) + 1
        for member, (offer, answer) in zip(members, offers):
            if answer is not None:
                self.assertEqual(offer.frames_received, long_texts * (len(members) - 1), answer)
        self.assertEqual(self.sidecar.metric("viaduct_filter_allowed_total"), len(members))

    async def test_a_context_is_taken_over_only_if_it_was_agreed(self):
        self.start()
        text = noise(8_192)
        keeping, forgetting = Offer(), Offer(client_no_context_takeover=True)
        for offer in (keeping, forgetting):
            speaker = await join(self.port, offer)
            await self.assert_all_hear(speaker, [], text)
            self.assertGreater(offer.bytes_sent, 6_000)
            await self.assert_all_hear(speaker, [], text)
            await speaker.connection.close()
        # A repeated text costs a reference to it, or all of it.
        self.assertLess(keeping.bytes_sent, 6_000 + 1_000)
        self.assertGreater(forgetting.bytes_sent, 2 * 6_000)

    async def test_windows_that_do_not_fit_are_told_smaller_ones(self):
        # 8192 bytes, and a window of 10 bits.
        self.start({"session_memory_bytes": 9_216, "server_max_window_bits": 12})
        members = []
        for offer, answer in [
            (Offer(), [SERVER_NO_CONTEXT, ("client_max_window_bits", "10")]),
            (Offer(client_max_window_bits=9), [SERVER_NO_CONTEXT]),
            (Offer(client_max_window_bits=None), [SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT]),
            (
                Offer(server_max_window_bits=15),
                [SERVER_NO_CONTEXT, ("server_max_window_bits", "12"), ("client_max_window_bits", "10")],
            ),
        ]:
            members.append(await join(self.port, offer))
            self.assertEqual(offer.answer, answer)
        for speaker in members:
            for text in TEXTS * 2:
                await self.assert_all_hear(speaker, [member for member in members if member is not speaker], text)

    async def test_pings_come_between_compressed_fragments_and_an_idle_tunnel_is_told(self):
        keepalive = {"ping_interval": "50ms", "pong_timeout": "20s"}
        self.start(sidecar={"keepalive": keepalive, "timeouts": {"idle_timeout": "8s"}})
        speaker, hearer = await join(self.port, Offer()), await join(self.port, Offer())
        pongs = lambda: self.sidecar.metric("viaduct_pongs_received_total")

        async def fragments():
            for part in ("first " * 100, noise(70_000), "last " * 100):
                before = await asyncio.to_thread(pongs)
                # More than one of each tunnel, while the message is not whole.
                await asyncio.to_thread(eventually, lambda: pongs() >= before + 4, "pongs of both")
                yield part

        await self.assert_all_hear(speaker, [hearer], "first " * 100 + noise(70_000) + "last " * 100, fragments())
        self.assertEqual(hearer.offer.frames_received, 1)
        for member in (speaker, hearer):
            self.assertEqual(await member.closed(), (1001, "idle timeout"))

    async def test_a_drain_delivers_what_was_said_compressed(self):
        # The echo may come behind the Close unless the chat has said it in the window.
        self.start(sidecar={"drain": {"accept_window": "3s", "close_wait": "20s", "timeout": "30s"}})
        speaker, hearer = await join(self.port, Offer()), await join(self.port, Offer())
        # This client is not behind the sidecar, so it stays.
        witness = await join(self.chat.port)
        await speaker.say(TEXTS[-1])
        self.sidecar.signal(signal.SIGTERM)
        self.assertEqual(await speaker.hear(), ("echo", speaker.id, TEXTS[-1]))
        for member in (hearer, witness):
            self.assertEqual(await member.hear(), ("broadcast", speaker.id, TEXTS[-1]))
        for member in (speaker, hearer):
            self.assertEqual(await member.closed(), (1012, "service restart"))
        self.assertEqual(hearer.offer.frames_received, 1)
        self.assertEqual(self.sidecar.wait(), 0)
        await witness.connection.close()

    async def test_a_chat_that_stops_says_so(self):
        self.start()
        speaker, hearer = await join(self.port, Offer()), await join(self.port, Offer())
        await self.assert_all_hear(speaker, [hearer], TEXTS[3])
        self.chat.signal(signal.SIGTERM)
        for member in (speaker, hearer):
            self.assertEqual((await member.closed())[0], 1001)
        self.assertEqual(self.chat.wait(), 0)

    async def test_a_bomb_is_1009_and_costs_the_chat_a_bounded_memory(self):
        self.start()
        members = [await join(self.port, Offer()), await join(self.port)]
        # A message of the whole limit passes, and what the chat holds for one is part of the peak before.
        await self.assert_all_hear(members[0], members[1:], "0" * MIB)
        before = self.chat.peak_resident_bytes()
        deflated = deflate(256 * MIB)
        halves = [deflated[: len(deflated) // 2], deflated[len(deflated) // 2 :]]
        bombs = 8
        bombers = [RawClient(self.port, head([*UPGRADE_HEADERS, ("x-origin-verify", SECRET)])) for _ in range(bombs)]
        for number, bomber in enumerate(bombers):
            self.addCleanup(bomber.__exit__, None, None, None)
            self.assertEqual(bomber.status(), 101)
            bomber.send(frame(0xC1, deflated) if number % 2 else frame(0x41, halves[0]) + frame(0x80, halves[1]))
        for bomber in bombers:
            opcode = None
            while opcode != 8:
                opcode, payload = await asyncio.to_thread(bomber.read_frame)
            self.assertEqual(int.from_bytes(payload[:2], "big"), 1009)
        self.assertLess(self.chat.peak_resident_bytes() - before, 16 * MIB, "of 2 GiB that the bombs stand for")
        # A byte over the limit is one byte too many, by an honest client too.
        speaker = await join(self.port, Offer(), room="other")
        await speaker.say("0" * (MIB + 1))
        self.assertEqual((await speaker.closed())[0], 1009)
        self.assertEqual(self.chat.metric('viaduct_chat_disconnects_total{reason="message_too_big"}'), bombs + 1)
        await self.assert_all_hear(members[1], members[:1], "still here")


def deflate(size):
    """Returns the payload of a compressed message of `size` zeros, made in pieces."""
    deflater = zlib.compressobj(wbits=-15)
    payload = b"".join(deflater.compress(b"0" * MIB) for _ in range(size // MIB))
    return (payload + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def frame(first_byte, payload):
    """Returns a frame of more than 65,535 bytes, masked with zeros."""
    return bytes([first_byte, 0x80 | 127]) + len(payload).to_bytes(8, "big") + bytes(4) + payload


if __name__ == "__main__":
    unittest.main()
