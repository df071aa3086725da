"""What happens when viewers lose their task: a simulation, in steps of a tenth of a second, of the returning viewers.

The tasks' CPU first serves the viewers that they have, then those that connect, in order of arrival. The balancer gives
each new connection to the task with the fewest (least outstanding requests). Not in the model: the time to notice an
end, the kernel's accept queue, retransmissions, and health checks that an overloaded task might fail.
"""

import collections
import dataclasses
import functools
import heapq
import random

from bench.capacity.model import LOADS, ZONES, Load, Task, connect_us, redis_join_us, redis_share, tasks_in_room
from bench.capacity.model import viewer_us_a_second

STEP = 0.1
# origin/page/connection.js: OPEN_TIMEOUT, FIRST_DELAY and LONGEST_DELAY.
OPEN_TIMEOUT = 10.0
FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
# The default of limits.max_sessions and of the chat's limits.max_connections.
MAX_SESSIONS = 20_000
FULL = 0.8

EVENTS = {
    "stop": "one task is stopped and drains",
    "death": "one task dies without a Close",
    "zone": "all tasks of one zone die",
    "deployment": "all tasks drain; as many new ones are there",
}


@dataclasses.dataclass(frozen=True)
class Storm:
    """The input of a simulation. `polite` viewers wait as the chat's page does; others return at once, then each second.
    """

    event: str
    viewers: int = 100_000
    tasks: int = 10
    task: Task = Task()
    load: Load = LOADS["rooms"]
    spread: float = 5.0
    accept_window: float = 2.0
    polite: bool = True
    seed: int = 1
    zones: int = ZONES


@dataclasses.dataclass
class Outcome:
    """The course of a simulation; lists have one value for each step.

    `busiest` is the largest part of a task's CPU in use, `queue` the longest time that a connect would wait for it, and
    `waiting` the number of viewers without a tunnel.
    """

    attempts: list
    busiest: list
    queue: list
    waiting: list
    redis: list
    # Connects that each surviving task has served.
    served: list
    refused: int
    gave_up: int

    @property
    def peak_attempts(self):
        """The most attempts within one second."""
        window = round(1 / STEP)
        return max(sum(self.attempts[i : i + window]) for i in range(max(1, len(self.attempts) - window + 1)))

    @property
    def peak_cpu(self):
        return max(self.busiest)

    @property
    def peak_redis(self):
        """The most that Redis would need within one second."""
        window = round(1 / STEP)
        steps = range(max(1, len(self.redis) - window + 1))
        return max(sum(self.redis[i : i + window]) / window for i in steps)

    @property
    def redis_behind(self):
        """The most seconds of work that wait for Redis."""
        behind = most = 0.0
        for need in self.redis:
            behind = max(0.0, behind + (need - 1) * STEP)
            most = max(most, behind)
        return most

    @property
    def seconds_full(self):
        """The time for which the busiest task uses more than 80 % of its CPU."""
        return sum(STEP for share in self.busiest if share > FULL)

    @property
    def longest_queue(self):
        return max(self.queue)

    @property
    def seconds_until_all_are_back(self):
        last = max((i for i, count in enumerate(self.waiting) if count > 0), default=-1)
        return (last + 1) * STEP


def delay(failures, polite, rng):
    """Returns how long a viewer waits after the `failures`th failure in a row; 0 is a Close 1001 or 1012."""
    if not polite:
        return 0.0 if failures <= 1 else 1.0
    return rng.random() * min(LONGEST_DELAY, FIRST_DELAY * 2**failures)


def closes(storm, rng):
    """Returns (tasks that are lost, [(time, failures of the viewer)] of the viewers that lose their tunnel)."""
    gone = {"stop": 1, "death": 1, "zone": storm.tasks // storm.zones, "deployment": storm.tasks}[storm.event]
    count = round(storm.viewers * gone / storm.tasks)
    if storm.event in ("death", "zone"):
        return gone, [(0.0, 1)] * count
    # Each task closes its tunnels evenly over the spread. The order does not matter.
    begin, spread = storm.accept_window, storm.spread
    return gone, [(begin + spread * (rng.random() if spread else 0), 0) for _ in range(count)]


class _Server:
    """One surviving task. The queue has the viewers that connect: [step of arrival, failures, has given up]."""

    def __init__(self, tunnels):
        self.tunnels = tunnels
        self.queue = collections.deque()
        self.waiting = 0
        self.served = 0
        # CPU time that the connect at the head of the queue has got already.
        self.begun = 0.0

    @property
    def outstanding(self):
        return self.tunnels + self.waiting

    def give_up(self, step):
        """Yields the failures of the viewers that have waited too long. Their connects are still in the queue."""
        for entry in self.queue:
            if (step - entry[0]) * STEP < OPEN_TIMEOUT:
                break
            if not entry[2]:
                entry[2] = True
                self.waiting -= 1
                yield entry[1]

    def work(self, steady, each, budget):
        """Serves what fits into `budget` microseconds; returns the work that there was, and how many have connected."""
        needed = steady + len(self.queue) * each - self.begun
        left = max(0.0, budget - steady) + self.begun
        count = min(len(self.queue), int(left / each))
        connected = 0
        for _ in range(count):
            if not self.queue.popleft()[2]:
                connected += 1
        self.begun = left - count * each if self.queue else 0.0
        self.tunnels += connected
        self.waiting -= connected
        self.served += connected
        return needed, connected


@functools.cache
def simulate(storm, horizon=240.0):
    """Returns the Outcome; it ends when all viewers are back, or after `horizon` seconds."""
    rng = random.Random(storm.seed)
    gone, lost = closes(storm, rng)
    fresh = storm.event == "deployment"
    survivors = storm.tasks if fresh else storm.tasks - gone
    if survivors < 1:
        raise ValueError(f"tasks: {storm.tasks}: none would be left")
    there = tasks_in_room(storm.load.members, storm.tasks)
    us_a_second = viewer_us_a_second(storm.load, storm.viewers, storm.tasks)
    redis_each = 0.0 if storm.load.local else redis_join_us(there) / 1e6
    redis_always = redis_share(storm.load, storm.viewers, storm.tasks)
    each, budget = connect_us(storm.task), storm.task.vcpu * 1e6 * STEP
    servers = [_Server(0 if fresh else storm.viewers // storm.tasks) for _ in range(survivors)]
    due = collections.defaultdict(list)
    leaving, told = collections.Counter(), collections.Counter()

    def come_back(time, failures):
        due[int((time + delay(failures, storm.polite, rng)) / STEP)].append(failures)

    for time, failures in lost:
        leaving[int(time / STEP)] += 1
        # The counts of a task that dies expire by themselves.
        told[int(time / STEP)] += failures == 0
        come_back(time, failures)
    outcome = Outcome([], [], [], [], [], [], 0, 0)
    missing, away = len(lost), 0
    for step in range(round(horizon / STEP)):
        arrivals = due.pop(step, [])
        for server in servers:
            for failures in list(server.give_up(step)):
                outcome.gave_up += 1
                come_back((step + 1) * STEP, failures + 1)
        heap = [(server.outstanding, i) for i, server in enumerate(servers)]
        heapq.heapify(heap)
        for failures in arrivals:
            outstanding, i = heap[0]
            if outstanding >= MAX_SESSIONS:
                outcome.refused += 1
                come_back((step + 1) * STEP, failures + 1)
                continue
            heapq.heapreplace(heap, (outstanding + 1, i))
            servers[i].queue.append([step, failures, False])
            servers[i].waiting += 1
        most, connected = 0.0, 0
        for server in servers:
            needed, count = server.work(server.tunnels * us_a_second * STEP, each, budget)
            most = max(most, needed / budget)
            connected += count
        missing -= connected
        away += leaving[step] - connected
        outcome.attempts.append(len(arrivals))
        outcome.busiest.append(min(1.0, most))
        outcome.queue.append(max(0.0, most - 1) * STEP)
        outcome.waiting.append(away)
        # Each viewer that leaves or comes changes a count.
        outcome.redis.append(redis_always + redis_each * (told[step] + connected) / STEP)
        if missing == 0:
            break
    outcome.served = [server.served for server in servers]
    return outcome
