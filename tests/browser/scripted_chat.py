"""A server that says to the chat page exactly what a test wants it to hear; serves the page, too.

    with ScriptedChat() as chat:
        page = browser.open(chat.url)
        chat.say({"type": "broadcast", "from": "x", "message": "hello"})
        chat.close(1001, "idle timeout")
"""

import asyncio
import http
import json
import os
import threading
import urllib.parse
import uuid

import websockets
import websockets.connection

from tests.support.eventually import PATIENCE, eventually
from tests.support.places import runfile

# The policy that the real chat sends.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def as_sent(message):
    """Returns a message as the real chat writes it: JSON without spaces."""
    return json.dumps(message, separators=(",", ":"))


class ScriptedChat:
    """Welcomes every connection, keeps and replays what is said in its room, unless it is told to fail.

    `say`, `close` and `cut` concern the newest connection. A test's thread calls them; the server has its own.
    """

    def __enter__(self):
        # Flags: answers what it receives, passes it to the room, refuses upgrades.
        self.echoing = True
        self.taking = True
        self.refusing = False
        # Flags: supports resume, which the plain protocol does not, and knows positions.
        self.resuming = True
        self.degraded = False
        # The received messages of all connections, in order.
        self.received = []
        # The connections so far, and the query of each.
        self.connections = 0
        self.queries = []
        # All messages of a room: the number is the position, which goes on when messages are forgotten.
        self._said = {}
        self._forgotten = {}
        self._epoch = "epoch1"
        self._open = {}
        # The name of each connection; the people that a welcome tells of, if not those who are there; more of a welcome.
        self._names = {}
        self.people = None
        self.welcome = {}
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
        text = message if isinstance(message, (str, bytes)) else as_sent(message)
        self._run(self._newest.send(text))

    def publish(self, text, sender, room="", name=""):
        """Writes to a room as another client."""
        self._run(self._publish(room, sender, text, name))

    def publish_all(self, texts, sender, room=""):
        """Writes to a room as another client, as fast as possible."""

        async def publish():
            for text in texts:
                await self._publish(room, sender, text)

        self._run(publish())

    def forget(self, room=""):
        """Drops the history of a room."""
        self._forgotten[room] = len(self._said.get(room, []))

    def begin_anew(self):
        """Drops all history, like a server that was restarted."""
        self._epoch += "1"
        self._said.clear()
        self._forgotten.clear()

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
        # A browser opens connections in advance, and may never say anything on them.
        for connection in list(self._server.websockets):
            if connection.state is websockets.connection.State.CONNECTING:
                connection.transport.abort()
                await asyncio.wait([connection.handler_task])
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, target, _):
        path = urllib.parse.urlsplit(target).path
        if path == "/websocket":
            return (http.HTTPStatus.SERVICE_UNAVAILABLE, [], b"") if self.refusing else None
        name = path[1:] or "index.html"
        content_type = CONTENT_TYPES.get(os.path.splitext(name)[1])
        file = runfile(f"origin/page/{name}")
        if "/" in name or content_type is None or not os.path.exists(file):
            return http.HTTPStatus.NOT_FOUND, [], b""
        with open(file, "rb") as opened:
            headers = [("Content-Type", content_type), ("Content-Security-Policy", POLICY)]
            return http.HTTPStatus.OK, headers, opened.read()

    async def _talk(self, connection):
        query = urllib.parse.urlsplit(connection.path).query
        asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        room = asked.get("room", "")
        own_id = str(uuid.uuid4())
        self.connections += 1
        self.queries.append(query)
        self._newest = connection
        members = self._open.setdefault(room, {})
        members[own_id] = connection
        name = asked.get("name", "")
        self._names[own_id] = name
        welcome = {"type": "welcome", "id": own_id, "clientCount": len(members)}
        replayed = []
        if self.resuming and "since" in asked:
            resume, position, replayed = self._resume(room, asked["since"])
            welcome.update(room=room, resume=resume, position=position, replayed=len(replayed))
            welcome["people"] = self.people if self.people is not None else self._people(room)
            welcome.update(self.welcome)
        try:
            for message in [welcome, *replayed]:
                await connection.send(as_sent(message))
            async for text in connection:
                self.received.append(text)
                if self.taking:
                    await self._publish(room, own_id, text)
        except websockets.ConnectionClosed:
            pass
        finally:
            del members[own_id]

    def _position(self, number):
        return f"{self._epoch}-{number}"

    def _resume(self, room, since):
        """Returns a welcome's resume field and position, and the messages that follow."""
        said = self._said.get(room, [])
        forgotten = self._forgotten.get(room, 0)
        if since == "" or since.startswith("last-"):
            begin = max(forgotten, len(said) - int(since[5:] or 0))
            return "new", self._position(begin), [{**message, "type": "broadcast"} for message in said[begin:]]
        epoch, _, number = since.partition("-")
        at = int(number) if epoch == self._epoch else -1
        begin = max(at, forgotten)
        messages = [{**message, "type": "broadcast"} for message in said[begin:]]
        return "complete" if at >= forgotten else "gap", self._position(begin), messages

    def _people(self, room):
        members = self._open.get(room, {})
        return [{"id": own_id, "name": self._names[own_id]} for own_id in members if self._names[own_id]]

    async def _publish(self, room, sender, text, name=""):
        said = self._said.setdefault(room, [])
        message = {"type": "broadcast", "from": sender, "message": text}
        name = name or self._names.get(sender, "")
        if name:
            message["name"] = name
        if self.resuming:
            message["messageId"] = f"task-{uuid.uuid4()}"
            said.append({**message, "position": self._position(len(said) + 1)})
            if not self.degraded:
                message = said[-1]
        for own_id, connection in list(self._open.get(room, {}).items()):
            if own_id == sender and not self.echoing:
                continue
            heard = message if own_id != sender else {**message, "type": "echo"}
            try:
                await connection.send(as_sent(heard))
            except websockets.ConnectionClosed:
                pass  # It was cut a moment ago.
