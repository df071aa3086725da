"""What a task carries and how many tasks a number of viewers needs: arithmetic over the numbers of measured.json."""

import dataclasses
import functools
import json
import math
import os

MIB = 1 << 20
# Of CPU and memory, what the plan uses; the rest is for what no average shows.
USED = 0.8
# The stack of deploy/cdk: ulimits.nofile of a container, zones of the balancer, keepalive.ping_interval.
DESCRIPTORS = 65_535
DESCRIPTORS_ELSEWHERE = 500
ZONES = 2
PING_INTERVAL = 25.0
# A node of an ALB has one address towards the tasks, and TCP 65,535 ports less the privileged ones.
PORTS_OF_A_NODE = 64_511
# Memory that is not for viewers: the bounds history.max_all_bytes, broker.redis.max_outbox_bytes, and the log driver's
# buffer of 16 MiB for each container.
RESERVED = 64 * MIB + 64 * MIB + 2 * 16 * MIB
# AWS's quotas, as on the pages that docs/capacity.md links to.
TARGETS_OF_AN_ALB = 1_000
REQUESTS_OF_A_DISTRIBUTION = 250_000
GIGABITS_OF_A_DISTRIBUTION = 150
# A cache.m7g.large.
GIGABITS_OF_REDIS = 0.937


@functools.cache
def measured():
    """Returns {name: number} of measured.json."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "measured.json")
    with open(path, encoding="utf-8") as file:
        return {name: entry["value"] for name, entry in json.load(file).items()}


@dataclasses.dataclass(frozen=True)
class Load:
    """What viewers do. `members` 0 means one room with everybody."""

    name: str
    says: str
    members: int
    # Messages a second in a room.
    messages: float
    # The messages come from the task's own chat and pass no Redis, as with the admin API.
    local: bool = False
    # broker.redis.presence_ttl: each task announces its count of each room three times within it.
    presence_ttl: float = 15.0

    @property
    def announcements(self):
        """Announcements a second of one task in one room."""
        return 3 / self.presence_ttl


LOADS = {
    "quiet": Load("quiet", "each viewer gets a message a minute from its own task, and is silent", 1, 1 / 60, True),
    "rooms": Load("rooms", "rooms of 50, in each of which somebody speaks every 5 s", 50, 1 / 5),
    "broadcast": Load("broadcast", "one room with everybody, and a message a second in it", 0, 1.0),
}


@dataclasses.dataclass(frozen=True)
class Task:
    """The size of a task, and whether the sidecar speaks TLS on its listener."""

    vcpu: float = 1.0
    memory_mib: int = 2048
    tls: bool = False

    def __str__(self):
        return f"{self.vcpu:g} vCPU, {self.memory_mib / 1024:g} GiB{', TLS' if self.tls else ''}"


def viewer_bytes(task):
    """Returns the memory of one idle viewer in a task: both programs', and the kernel's for its three sockets."""
    numbers = measured()
    kernel = numbers["kernel_bytes_tcp_socket"] + 2 * numbers["kernel_bytes_unix_socket"]
    return numbers["tunnel_bytes"] + numbers["session_bytes"] + kernel + task.tls * numbers["tls_bytes_tunnel"]


def connect_us(task):
    """Returns the CPU time of a viewer's connect in both programs."""
    numbers = measured()
    return numbers["connect_us_sidecar"] + numbers["connect_us_chat"] + task.tls * numbers["tls_handshake_us_sidecar"]


def tasks_in_room(members, tasks):
    """Returns in how many of `tasks` tasks a room's members are on average, if a balancer spreads them at random."""
    if members == 0:
        return float(tasks)
    return tasks * (1 - (1 - 1 / tasks) ** members)


def _between(one, many, at):
    """Returns the value at `at` tasks of a line through those of one=(tasks, value) and many."""
    (few, small), (most, large) = one, many
    return small + (large - small) * (at - few) / (most - few)


def redis_message_us(tasks):
    """Returns Redis's CPU time of a message that goes to `tasks` tasks."""
    numbers = measured()
    return _between((1, numbers["redis_message_us_1_task"]), (8, numbers["redis_message_us_8_tasks"]), tasks)


def redis_presence_us(tasks):
    """Returns Redis's CPU time of one task's repeated count in a room that `tasks` tasks have clients in."""
    numbers = measured()
    return _between((2, numbers["redis_presence_us_2_tasks"]), (8, numbers["redis_presence_us_8_tasks"]), tasks)


def redis_join_us(tasks):
    """Returns Redis's CPU time of one changed count in such a room."""
    numbers = measured()
    return _between((2, numbers["redis_join_us_2_tasks"]), (8, numbers["redis_join_us_8_tasks"]), tasks)


def chat_presence_us(tasks):
    numbers = measured()
    return _between((2, numbers["chat_presence_us_2_tasks"]), (8, numbers["chat_presence_us_8_tasks"]), tasks)


def chat_message_us_from_redis():
    """Returns the chat's CPU time of receiving a message from Redis, beyond its deliveries.

    Two clients in turn, on two tasks: each message costs both tasks that much more than it costs one without a broker.
    """
    numbers = measured()
    return (numbers["pair_message_us_two_tasks"] - numbers["pair_message_us_one_task"]) / 2


def rooms_of(load, viewers):
    return viewers / load.members if load.members else 1.0


def viewer_us_a_second(load, viewers, tasks):
    """Returns the CPU time that one viewer costs its task each second, of `viewers` on `tasks` tasks."""
    numbers = measured()
    kind = "broadcast" if load.members == 0 else "room"
    delivery = numbers[f"{kind}_delivery_us_sidecar"] + numbers[f"{kind}_delivery_us_chat"]
    each = numbers["ping_us_sidecar"] / PING_INTERVAL + load.messages * delivery
    if load.local or tasks <= 1:
        return each
    there = tasks_in_room(load.members, tasks)
    each_room = there * (
        load.messages * chat_message_us_from_redis() + load.announcements * chat_presence_us(there)
    )
    return each + rooms_of(load, viewers) * each_room / viewers


def redis_share(load, viewers, tasks):
    """Returns the part of one CPU that Redis needs."""
    if load.local or tasks <= 1:
        return 0.0
    there = tasks_in_room(load.members, tasks)
    each_room = load.messages * redis_message_us(there) + load.announcements * there * redis_presence_us(there)
    return rooms_of(load, viewers) * each_room / 1e6


def redis_gigabits(load, viewers, tasks):
    """Returns what Redis sends, without the headers of TCP and IP."""
    if load.local or tasks <= 1:
        return 0.0
    there = tasks_in_room(load.members, tasks)
    return rooms_of(load, viewers) * load.messages * there * measured()["redis_message_bytes_each_task"] * 8 / 1e9


def viewers_by_limit(task, load, viewers, tasks):
    """Returns {limit: the viewers that one task carries under it}, with `viewers` on `tasks` tasks in all."""
    numbers = measured()
    room = USED * task.memory_mib * MIB - RESERVED - numbers["base_bytes_sidecar"] - numbers["base_bytes_chat"]
    return {
        "memory": max(0, int(room / viewer_bytes(task))),
        "CPU": int(USED * task.vcpu * 1e6 / viewer_us_a_second(load, viewers, tasks)),
        "descriptors": (DESCRIPTORS - DESCRIPTORS_ELSEWHERE) // 2,
        "balancer's ports": ZONES * PORTS_OF_A_NODE,
    }


@dataclasses.dataclass(frozen=True)
class Fleet:
    """The tasks of one cell: a balancer, its tasks and their Redis."""

    viewers: int
    tasks: int
    # The limit of a task's viewers, and how many it has with all zones up.
    binding: str
    each: int
    redis_share: float
    redis_gigabits: float


def fleet(task, load, viewers, zones=ZONES):
    """Returns the Fleet for `viewers`: if one of `zones` is lost, the remaining tasks are within every limit."""
    tasks = 1
    while True:
        # In the zones that remain.
        limits = viewers_by_limit(task, load, viewers, tasks)
        binding = min(limits, key=limits.get)
        if limits[binding] == 0:
            raise ValueError(f"{task}: too little memory for any viewer")
        needed = math.ceil(viewers / limits[binding])
        if needed <= tasks:
            break
        tasks = max(needed, tasks + 1)
    everywhere = math.ceil(tasks / (zones - 1)) * zones
    return Fleet(
        viewers,
        everywhere,
        binding,
        math.ceil(viewers / everywhere),
        redis_share(load, viewers, everywhere),
        redis_gigabits(load, viewers, everywhere),
    )


def binding_of_cell(cell):
    """Returns the limit that the whole cell breaks, or None."""
    if cell.redis_share > USED:
        return "Redis's CPU"
    if cell.redis_gigabits > USED * GIGABITS_OF_REDIS:
        return "Redis's network"
    # A deployment has twice the tasks.
    if 2 * cell.tasks > TARGETS_OF_AN_ALB:
        return "targets of an ALB"
    return None


@dataclasses.dataclass(frozen=True)
class Plan:
    """Cells for a number of viewers. `limit` is what would be broken first by a larger cell; None if one is enough."""

    cells: int
    cell: Fleet
    limit: str | None


def plan(task, load, viewers, zones=ZONES):
    """Returns the Plan with the fewest cells of equal size."""
    limit = None
    few, cells = 0, 1
    # Doubles until it fits, then halves the interval: more cells never make a cell worse.
    while (broken := binding_of_cell(fleet(task, load, math.ceil(viewers / cells), zones))) is not None:
        limit, few, cells = broken, cells, cells * 2
    while cells - few > 1:
        middle = (few + cells) // 2
        broken = binding_of_cell(fleet(task, load, math.ceil(viewers / middle), zones))
        if broken is None:
            cells = middle
        else:
            limit, few = broken, middle
    return Plan(cells, fleet(task, load, math.ceil(viewers / cells), zones), limit)


def delivered_gigabits(load, viewers):
    """Returns what all viewers get, without the headers of TCP, IP and TLS."""
    return viewers * load.messages * measured()["delivery_bytes"] * 8 / 1e9
