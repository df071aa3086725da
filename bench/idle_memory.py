"""The memory of an idle tunnel, or of an idle chat session, in the server."""

import time

from bench.figures import cost_each
from bench.load_driver import Traffic

# Enough to hide the first ones' share of pages that exist anyway, and the rounding to pages.
BEFORE = 1000
MORE = 4000


def bytes_per_tunnel(place, subject, payload=64, more=MORE):
    """Returns the growth of a server of `subject` per tunnel, each of which has carried one message and is idle."""
    with place.serve(subject) as server, place.load(Traffic("echo", BEFORE, payload), server) as load:
        few = _settled(server)
        load.tell(f"open {more}")
        many = _settled(server)
        return cost_each((BEFORE, few), (BEFORE + more, many))


def bytes_per_session(place, subject, more=MORE):
    """Returns the same for a chat: growth per client that was welcomed, has received one message and is idle since."""
    with place.serve(subject) as server, place.load(Traffic("chat", BEFORE, senders=1), server) as load:
        load.tell("count 1")
        few = _settled(server)
        load.tell(f"open {more}")
        load.tell("count 1")
        many = _settled(server)
        return cost_each((BEFORE, few), (BEFORE + more, many))


def growth(place, subject, traffic, operations):
    """Returns the growth of a server of `subject`, warm after a tenth of them, over that many operations."""
    with place.serve(subject) as server, place.load(traffic, server) as load:
        load.tell(f"count {operations // 10}")
        before = _settled(server)
        load.tell(f"count {operations}")
        return _settled(server) - before


def _settled(server):
    """Returns the server's memory once it is unchanged for half a second: some free a burst's memory later."""
    last, same = server.process.memory_bytes(), 0
    for _ in range(50):
        time.sleep(0.1)
        now = server.process.memory_bytes()
        same = same + 1 if now == last else 0
        last = now
        if same == 5:
            break
    return last
