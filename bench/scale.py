"""Measures whether the cost of a message and of a connection depends on open connections and on workers."""

import dataclasses

from bench.cpu_rounds import sample
from bench.figures import quartiles
from bench.load_driver import Traffic

STEPS = (100, 1_000, 10_000, 20_000)
# Messages in flight at the same time; the tunnels take turns, so that each is used.
ACTIVE = 64


@dataclasses.dataclass(frozen=True)
class Point:
    """The measurements with a number of tunnels open."""

    tunnels: int
    workers: int
    echo_us: float
    upgrade_us: float
    bytes_each: float


def steps(limit):
    """Returns the numbers of tunnels to try; a process may have `limit` descriptors, and a tunnel takes two."""
    most = (limit - 200) // 2
    fitting = [step for step in STEPS if step <= most]
    return fitting if len(fitting) == len(STEPS) else [*fitting, most // 100 * 100]


def point(place, subject, tunnels, workers, rounds, seconds):
    """Opens the tunnels, measuring the cost, then echoes over all of them in turn."""
    traffic = Traffic("echo", 0, active=ACTIVE, sources=8)
    with place.serve(subject, workers=workers) as server:
        with place.load(traffic, server) as load:
            # The first ones include one-time costs.
            load.tell("open 64")
            memory = server.process.memory_bytes()
            upgrade_us, _ = place.cpu_each(server, load, f"open {tunnels - 64}")
            each = (server.process.memory_bytes() - memory) / (tunnels - 64)
            echoes = [sample(place, server, load, seconds).cpu_us for _ in range(rounds)]
    return Point(tunnels, workers, quartiles(echoes)[1], upgrade_us, each)


@dataclasses.dataclass(frozen=True)
class Room:
    """The measurements of a chat with a number of members in one room."""

    members: int
    workers: int
    delivery_us: float
    connect_us: float
    bytes_each: float


def room(place, subject, members, workers, rounds, seconds):
    """Fills a room, measuring the cost, then sends messages in it, one at a time."""
    traffic = Traffic("chat", 0, active=1, senders=16, sources=8)
    with place.serve(subject, workers=workers) as server, place.load(traffic, server) as load:
        # The first ones include one-time costs.
        load.tell("open 5")
        load.tell("count 5")
        memory = server.process.memory_bytes()
        connect_us, _ = place.cpu_each(server, load, f"open {members - 5}")
        load.tell("count 1")
        each = (server.process.memory_bytes() - memory) / (members - 5)
        deliveries = [sample(place, server, load, seconds).cpu_us for _ in range(rounds)]
    return Room(members, workers, quartiles(deliveries)[1], connect_us, each)
