"""What a tunnel, or a chat's session, holds in the server while nothing happens on it."""

import time

from bench.figures import cost_each
from bench.load_driver import Traffic

# Enough that the first ones' share of pages that are there anyway, and the rounding to pages, do not show.
BEFORE = 1000
MORE = 4000


def bytes_per_tunnel(place, subject, payload=64, more=MORE):
    """Growth of the memory of a server of `subject` by a tunnel, each of which has carried one message and is idle."""
    with place.serve(subject) as server, place.load(Traffic("echo", BEFORE, payload), server) as load:
        few = _settled(server)
        load.tell(f"open {more}")
        many = _settled(server)
        return cost_each((BEFORE, few), (BEFORE + more, many))


def bytes_per_session(place, subject, more=MORE):
    """The same of a chat: growth by a client that was welcomed, has heard one message and is idle since."""
    with place.serve(subject) as server, place.load(Traffic("chat", BEFORE, senders=1), server) as load:
        load.tell("count 1")
        few = _settled(server)
        load.tell(f"open {more}")
        load.tell("count 1")
        many = _settled(server)
        return cost_each((BEFORE, few), (BEFORE + more, many))


def _settled(server):
    """The server's memory once it has not changed for half a second: some give back later what a burst took."""
    last, same = server.process.memory_bytes(), 0
    for _ in range(50):
        time.sleep(0.1)
        now = server.process.memory_bytes()
        same = same + 1 if now == last else 0
        last = now
        if same == 5:
            break
    return last
