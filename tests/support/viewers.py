"""Browsers' WebSockets for tests that do something else meanwhile."""

import asyncio
import json
import threading

import websockets

from tests.support.edge_request import EDGE_HEADERS
from tests.support.eventually import PATIENCE


class Viewers:
    """WebSockets that stay open on a thread of their own, and keep what they get."""

    def __init__(self, port, target="/websocket"):
        self._url = f"ws://127.0.0.1:{port}{target}"
        self._connections = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self):
        """Leaves, so that a stopping chat does not wait for answers to its Closes."""
        self.run(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def open(self):
        """Opens a connection; returns it and its name in the API."""
        connection = self.run(self._connect())
        self._connections.append(connection)
        return connection, "connections/" + json.loads(self.receive(connection))["id"]

    async def _connect(self):
        return await websockets.connect(self._url, extra_headers=EDGE_HEADERS)

    async def _leave(self):
        for connection in self._connections:
            connection.transport.abort()
            await connection.wait_closed()

    def receive(self, connection):
        return self.run(connection.recv())

    def say(self, connection, text):
        self.run(connection.send(text))

    def closed(self, connection):
        self.run(connection.wait_closed())
        return connection.close_code, connection.close_reason
