"""Clients that number their messages, record what they receive, and resume when they are cut off."""

import asyncio
import collections
import json
import threading

import websockets

from tests.support.eventually import PATIENCE

BETWEEN_WORDS = 0.03


class Talker:
    """One client of a room. With `resumes` it returns after each disconnect, from its position, at first `since`."""

    def __init__(self, name, url, resumes, since):
        self.name = name
        self.resumes = resumes
        self.said = 0
        self.echoed = {}  # text -> True if the echo had a position
        self.heard = []  # texts, each message once
        self.repeated = 0  # messages that came again and were recognized by their id
        self.gaps = 0
        self.resumed = 0
        self.connected = False
        self.client_count = None
        self._url = url
        self._position = since
        self._ids = set()

    async def live(self, world):
        while not world.over:
            try:
                url = f"{self._url}&since={self._position}" if self.resumes else self._url
                async with websockets.connect(url, open_timeout=PATIENCE, ping_interval=None) as connection:
                    await self._talk(connection, world)
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
                pass
            self.connected = False
            if not self.resumes:
                return
            await asyncio.sleep(0.05)

    async def _talk(self, connection, world):
        self._take(json.loads(await connection.recv()))
        self.connected = True
        speaking = asyncio.create_task(self._speak(connection, world))
        try:
            async for text in connection:
                self._take(json.loads(text))
        finally:
            speaking.cancel()

    async def _speak(self, connection, world):
        while not world.over:
            if world.talking:
                self.said += 1
                await connection.send(f"{self.name}:{self.said}")
            await asyncio.sleep(BETWEEN_WORDS)

    def _take(self, event):
        self._position = event.get("position", self._position)
        if "clientCount" in event:
            self.client_count = event["clientCount"]
        if event["type"] == "welcome":
            self.gaps += event.get("resume") == "gap"
            self.resumed += event.get("resume") == "complete"
        if event["type"] not in ("echo", "broadcast"):
            return
        if self.resumes:
            if event["messageId"] in self._ids:
                self.repeated += 1
                return
            self._ids.add(event["messageId"])
        if event["type"] == "echo":
            self.echoed[event["message"]] = "position" in event
        self.heard.append(event["message"])


class Talkers:
    """Talkers on a thread of their own."""

    def __init__(self):
        self.talking = False
        self.over = False
        self.all = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def add(self, name, url, resumes=True, since=""):
        talker = Talker(name, url, resumes, since)
        self.all.append(talker)
        asyncio.run_coroutine_threadsafe(talker.live(self), self._loop)
        return talker

    def stop(self):
        self.over = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _end(self):
        lives = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in lives:
            task.cancel()
        await asyncio.wait(lives, timeout=PATIENCE)

    def everyone_connected(self):
        return all(talker.connected for talker in self.all)

    def echoes(self):
        """Returns all that was acknowledged to its sender, by sender."""
        return {text for talker in list(self.all) for text in list(talker.echoed)}

    def missing(self):
        """Returns (name, text) of messages that were acknowledged and that somebody has not received."""
        echoes = self.echoes()
        return [(talker.name, text) for talker in self.all for text in sorted(echoes - set(talker.heard))]

    def doubled(self):
        """Returns (name, text) of messages that somebody received twice, as two messages."""
        return [
            (talker.name, text)
            for talker in self.all
            for text, times in collections.Counter(talker.heard).items()
            if times > 1
        ]

    def disordered(self):
        """Returns (name, text, text) of messages that somebody received in another order than they were sent."""
        found = []
        for talker in self.all:
            last = {}
            for text in talker.heard:
                speaker, number = text.split(":")
                if int(number) <= last.get(speaker, 0):
                    found.append((talker.name, f"{speaker}:{last[speaker]}", text))
                last[speaker] = int(number)
        return found
