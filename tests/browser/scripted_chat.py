"""A server that says to the chat page exactly what a test wants it to hear; serves the page, too.

    with ScriptedChat() as chat:
        page = browser.open(chat.url)
        chat.say({"type": "broadcast", "from": "x", "message": "hello"})
        chat.close(1001, "idle timeout")
"""

import asyncio
import http
import json
import threading
import uuid

import websockets

from tests.support.eventually import PATIENCE, eventually
from tests.support.places import runfile

# As the real chat sends it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}


class ScriptedChat:
    """Welcomes every connection, echoes while `echoing`, refuses upgrades while `refusing`.

    `say`, `close` and `cut` concern the newest connection. A test's thread calls them; the server has its own.
    """

    def __enter__(self):
        self.echoing = True
        self.refusing = False
        # What was received, of all connections, in order.
        self.received = []
        # The connections so far.
        self.connections = 0
        self._newest = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._run(self._serve())
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        return self

    def __exit__(self, kind, error, trace):
        try:
            self._run(self._shut())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def say(self, message):
        """Sends a text as it is, or a mapping as JSON."""
        text = message if isinstance(message, (str, bytes)) else json.dumps(message)
        self._run(self._newest.send(text))

    def close(self, code, reason=""):
        self._run(self._newest.close(code, reason))

    def cut(self):
        """Ends the connection without a Close frame."""
        self._loop.call_soon_threadsafe(self._newest.transport.abort)

    def wait_until_received(self, text):
        eventually(lambda: text in self.received, lambda: f"{text!r} is received, not only {self.received}")

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _serve(self):
        return await websockets.serve(
            self._talk, "127.0.0.1", 0, process_request=self._answer, ping_interval=None, close_timeout=1
        )

    async def _shut(self):
        # On the loop's own thread: called from another, close() would not wake the loop.
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, path, _):
        if path == "/websocket":
            return (http.HTTPStatus.SERVICE_UNAVAILABLE, [], b"") if self.refusing else None
        if path not in FILES:
            return http.HTTPStatus.NOT_FOUND, [], b""
        name, content_type = FILES[path]
        with open(runfile(f"origin/page/{name}"), "rb") as file:
            headers = [("Content-Type", content_type), ("Content-Security-Policy", POLICY)]
            return http.HTTPStatus.OK, headers, file.read()

    async def _talk(self, connection):
        own_id = str(uuid.uuid4())
        self.connections += 1
        self._newest = connection
        await connection.send(json.dumps({"type": "welcome", "id": own_id, "clientCount": self.connections}))
        try:
            async for text in connection:
                self.received.append(text)
                if self.echoing:
                    await connection.send(json.dumps({"type": "echo", "from": own_id, "message": text}))
        except websockets.ConnectionClosed:
            pass
