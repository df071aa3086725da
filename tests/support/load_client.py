"""Many WebSocket viewers on one event loop, who chat, are closed by the server and come back.

Cheap enough for hundreds of them to hear each other: frames are cut out of what arrives, and only echoes are looked at.
"""

import asyncio
import random
import time

from tests.support.edge_request import HOST
from tests.support.frames import whole_frames

# The code of an end without a Close frame, as browsers report it.
ABNORMAL = 1006
# Time limit for the end of a connection after both Close frames.
END_TIMEOUT = 30

_HANDSHAKE = (
    f"GET /websocket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: Rnhou3qbnI2nVKLvsTWapg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


def masked_frame(opcode, payload):
    """Returns one frame of less than 126 bytes, as a client sends it."""
    mask = b"\x11\x22\x33\x44"
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body


class _Session(asyncio.Protocol):
    """One connection of a viewer."""

    def __init__(self, viewer):
        self._viewer = viewer
        self._data = bytearray()
        self._transport = None
        self.status = None
        self.close_code = None
        self.closing = False
        self.opened = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self._transport = transport
        transport.write(_HANDSHAKE)

    def data_received(self, data):
        self._data += data
        if self.status is None:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            self.status = int(self._data[9:12])
            del self._data[: end + 4]
            self.opened.set_result(self.status)
        if self.status == 101:
            self._take_frames()

    def _take_frames(self):
        data, at = self._data, 0
        for opcode, start, end in whole_frames(data, at):
            self._take_frame(opcode, bytes(data[start:end]))
            at = end
        del data[:at]

    def _take_frame(self, opcode, payload):
        if opcode == 0x1 and payload.startswith(b'{"type":"echo"'):
            self._viewer.echoed(payload)
        elif opcode == 0x8:
            self.close_code = int.from_bytes(payload[:2], "big")
            self._viewer.closed(self.close_code)
            if not self.closing:
                self.closing = True
                self._transport.write(masked_frame(0x8, payload[:2]))
        elif opcode == 0x9 and not self.closing:
            self._transport.write(masked_frame(0xA, payload))

    def connection_lost(self, error):
        if not self.opened.done():
            self.opened.set_result(None)
        self.ended.set_result(None)

    def send(self, text):
        self._transport.write(masked_frame(0x1, text.encode()))

    def close(self):
        self.closing = True
        self._transport.write(masked_frame(0x8, (1000).to_bytes(2, "big")))

    def abort(self):
        self._transport.abort()


class Viewer:
    """Sends numbered messages, one after the other's echo and a pause; comes back at once when it was closed."""

    def __init__(self, port, name, pause):
        self._port = port
        self._name = name
        self._pause = pause
        self._stopping = False
        self._session = None
        self.sent = 0  # messages
        self.acknowledged = []  # their numbers, by echo
        self.closes = []  # (time, code) of each end that was not asked for
        self.refusals = []  # statuses of handshakes, None without one
        self.sessions = 0

    def echoed(self, payload):
        # {"type":"echo","from":"…","message":"NAME-NUMBER"}
        name, number = payload[payload.rindex(b'":"') + 3 : -2].decode().rsplit("-", 1)
        assert name == self._name, payload
        self.acknowledged.append(int(number))

    def closed(self, code):
        if not self._stopping:
            self.closes.append((time.monotonic(), code))

    async def run(self):
        while not self._stopping:
            session = await self._connect()
            if session is None:
                await asyncio.sleep(random.uniform(0.1, 0.3))
                continue
            self.sessions += 1
            self._session = session
            await self._talk(session)
            try:
                await asyncio.wait_for(asyncio.shield(session.ended), END_TIMEOUT)
            except asyncio.TimeoutError:
                session.abort()
                self.closes.append((time.monotonic(), ABNORMAL))
            if session.close_code is None:
                self.closes.append((time.monotonic(), ABNORMAL))

    async def _connect(self):
        loop = asyncio.get_running_loop()
        _, session = await loop.create_connection(lambda: _Session(self), "127.0.0.1", self._port)
        status = await session.opened
        if status == 101:
            return session
        self.refusals.append(status)
        session.abort()
        return None

    async def _talk(self, session):
        await asyncio.sleep(random.uniform(0, self._pause))
        while not session.closing and not session.ended.done():
            if self._stopping:
                session.close()
                return
            self.sent += 1
            session.send(f"{self._name}-{self.sent}")
            await asyncio.wait([session.ended], timeout=self._pause * random.uniform(0.8, 1.2))

    def stop(self):
        """Ends after the current pause, with a Close of its own."""
        self._stopping = True
