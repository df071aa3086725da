"""Two chat tasks on one Redis behind HAProxy are one chat, whatever dies: a checker that numbers every message shows that
nothing acknowledged is lost, nothing is doubled, and each sender's order is kept."""

import os
import signal
import time
import unittest
import urllib.request

from tests.support.eventually import eventually
from tests.support.places import free_port
from tests.support.redis_server import RedisServer
from tests.support.stack import HAPROXY, Chat, Program, started, status_of, unused_path
from tests.support.talkers import Talkers

# Time for which Redis hangs; longer for a manual demonstration: --test_env=VIADUCT_REDIS_PAUSE=10.
PAUSE = float(os.environ.get("VIADUCT_REDIS_PAUSE", "3"))

BALANCER = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
  retries 3
  option redispatch
frontend chat
  bind 127.0.0.1:{port}
  default_backend tasks
backend tasks
  balance roundrobin
  option httpchk
  http-check send meth GET uri / ver HTTP/1.1 hdr Host chat hdr Connection close
  default-server check inter 100ms fall 2 rise 1
  server one 127.0.0.1:{one}
  server two 127.0.0.1:{two}
"""


class Balancer(Program):
    good_statuses = (0, -signal.SIGTERM)

    def __init__(self, one, two):
        self.port = free_port()
        path = unused_path("balancer", "cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(BALANCER.format(port=self.port, one=one, two=two))
        super().__init__("balancer", [HAPROXY, "-db", "-f", path], f"http://127.0.0.1:{self.port}/")


class ScaleOutTest(unittest.TestCase):
    def setUp(self):
        self.redis = started(self, RedisServer())
        config = {
            "broker": {
                "redis": {
                    "address": self.redis.address,
                    "command_timeout": "500ms",
                    "back_off_last": "500ms",
                    "presence_ttl": "2s",
                }
            },
            "history": {"max_messages": 100_000, "max_bytes": 1_048_576},
        }
        self.one = started(self, Chat(config, name="chat-one"))
        self.two = started(self, Chat(config, name="chat-two"))
        self.balancer = started(self, Balancer(self.one.port, self.two.port))
        self.talkers = Talkers()
        self.addCleanup(self.talkers.stop)

    def talk_on(self, seconds):
        """Lets everyone talk for a while, and then until everyone has been heard once more."""
        time.sleep(seconds)
        said = {talker: talker.said for talker in self.talkers.all}
        eventually(
            lambda: all(
                any(int(text.split(":")[1]) > said[talker] for text in list(talker.echoed)[-5:])
                for talker in self.talkers.all
            ),
            "everyone is heard",
        )

    def degraded(self, chat):
        return chat.metric("viaduct_chat_broker_degraded") == 1

    def settled(self):
        return not any(
            self.degraded(chat) or chat.metric("viaduct_chat_broker_outbox_messages") for chat in (self.one, self.two)
        )

    def kill_and_restart_a_task(self):
        clients = int(self.one.metric("viaduct_chat_connections_open"))
        self.assertGreater(clients, 0)
        self.one.signal(signal.SIGKILL)
        self.one.wait()
        everyone = len(self.talkers.all)
        eventually(lambda: self.two.metric("viaduct_chat_connections_open") == everyone, "all moved to the other task")
        eventually(self.talkers.everyone_connected, "all are back")
        self.assertGreaterEqual(sum(talker.resumed for talker in self.talkers.all), clients)
        # The killed task's clients do not count for ever.
        resuming = [talker for talker in self.talkers.all if talker.resumes]
        eventually(lambda: all(talker.client_count == everyone for talker in resuming), "the counts are right again")
        self.one.start()

    def spread_out(self):
        """Adds clients until both tasks have some again."""
        eventually(lambda: status_of(f"http://127.0.0.1:{self.balancer.port}/") == 200, "the balancer is there")
        before = self.one.metric("viaduct_chat_connections_total")
        number = 0
        while self.one.metric("viaduct_chat_connections_total") < before + 2:
            number += 1
            # It begins with the room's history, so it must receive everything too.
            self.talkers.add(f"late{number}", self.url, since="0-0")
            eventually(self.talkers.everyone_connected, "the new one is there")
            self.assertLess(number, 20, "nobody comes to the restarted task")

    def hang_redis(self):
        self.redis.pause()
        try:
            eventually(lambda: self.degraded(self.one) and self.degraded(self.two), "both say degraded")
            with urllib.request.urlopen(f"http://127.0.0.1:{self.two.ops_port}/readyz", timeout=10) as response:
                self.assertIn(b"degraded", response.read())
            # Everyone gets echoes, though only from its own task.
            self.talk_on(PAUSE)
        finally:
            self.redis.resume()

    def test_nothing_acknowledged_is_lost_whatever_dies(self):
        self.url = f"ws://127.0.0.1:{self.balancer.port}/websocket?room=show"
        for number in range(6):
            self.talkers.add(f"r{number}", self.url)
        # A client of the plain protocol on the living task cannot drop repeated messages, so none may come twice.
        self.talkers.add("plain", f"ws://127.0.0.1:{self.two.port}/websocket?room=show", resumes=False)
        eventually(self.talkers.everyone_connected, "all are connected")
        self.talkers.talking = True
        self.talk_on(1)

        self.kill_and_restart_a_task()
        self.talk_on(0.5)
        self.spread_out()
        self.talk_on(0.5)

        self.redis.terminate()
        self.talk_on(1)  # on each task by itself
        self.redis.start()
        eventually(self.settled, "both are well again")
        self.talk_on(0.5)

        self.redis.kill()
        self.redis.start()
        self.talk_on(0.5)
        eventually(self.settled, "both are well again")

        self.hang_redis()
        eventually(self.settled, "both are well again")
        self.talk_on(0.5)

        self.talkers.talking = False
        eventually(lambda: not self.talkers.missing(), lambda: f"all heard: {self.talkers.missing()[:20]}")
        self.assertEqual(self.talkers.doubled(), [])
        self.assertEqual(self.talkers.disordered(), [])
        self.assertEqual(sum(talker.gaps for talker in self.talkers.all), 0)
        for chat in (self.one, self.two):
            self.assertEqual(chat.metric("viaduct_chat_broker_gaps_total"), 0)
            self.assertEqual(chat.metric("viaduct_chat_broker_dropped_total"), 0)
        resuming = [talker for talker in self.talkers.all if talker.resumes]
        without = sum(not position for talker in resuming for position in talker.echoed.values())
        self.assertGreater(without, 0, "nothing was said while Redis was away")
        print(f"{len(self.talkers.echoes())} messages acknowledged, {without} of them without Redis;", end=" ")
        print(f"{sum(talker.repeated for talker in self.talkers.all)} came again on resuming and were known by their id")


if __name__ == "__main__":
    unittest.main()
