"""The chat as a cluster: the cost of a message and of its deliveries in the tasks and their Redis."""

import contextlib
import dataclasses
import os
import tempfile
import time

from bench.chat_subjects import subject_named, viaduct_over_redis
from bench.figures import quartiles
from bench.processes import Process, Unusable
from bench.subjects import executable


@dataclasses.dataclass(frozen=True)
class Setting:
    """A number of tasks on one Redis, which is started by `redis`, or without any if that is None."""

    name: str
    tasks: int = 1
    redis: tuple | None = None


IN_MEMORY = ("--appendonly", "no")
SYNCED = ("--appendonly", "yes", "--appendfsync", "always")

SETTINGS = (
    Setting("one task, no broker"),
    Setting("one task, Redis", 1, IN_MEMORY),
    Setting("two tasks, Redis", 2, IN_MEMORY),
    Setting("two tasks, Redis with `appendfsync always`", 2, SYNCED),
)


@dataclasses.dataclass(frozen=True)
class Cost:
    """The cost in one window, or medians of several. CPU in us, of all tasks together; redis_us is 0 without Redis."""

    chat_us: float
    redis_us: float
    deliveries_per_second: float
    p50_us: float


class Cluster:
    """The started processes of one Setting, and the load that is spread over its tasks."""

    def __init__(self, tasks, redis, load):
        self._tasks = tasks
        self._redis = redis
        self._load = load

    def window(self, seconds):
        """Returns the Cost of a delivery over `seconds` of traffic. A delivery too many or too few ends the run."""
        before = self._spent()
        report = self._load.tell(f"seconds {seconds}")
        # Waits for the work behind the last delivery: a task still receives its own messages.
        time.sleep(0.002)
        chat, redis = (now - then for now, then in zip(self._spent(), before))
        deliveries = report["operations"]
        if deliveries == 0:
            raise Unusable(f"the cluster delivered nothing within {seconds} s")
        each = 1000 * deliveries
        return Cost(chat / each, redis / each, deliveries / report["seconds"], report["p50_us"])

    def _spent(self):
        chat = sum(task.process.cpu_nanoseconds() for task in self._tasks)
        return chat, self._redis.cpu_nanoseconds() if self._redis else 0


@contextlib.contextmanager
def redis(place, options):
    """Starts a redis-server and waits until it accepts; yields (its Process, its port)."""
    port = place.free_port()
    with tempfile.TemporaryDirectory(dir=place.directory, prefix="redis-") as directory:
        command = [executable("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", directory]
        command += ["--save", "", *options]
        log = os.path.join(place.directory, f"redis-{port}.log")
        with Process("redis-server", command, place.server_cpu, log) as process:
            process.wait_for_port(port)
            yield process, port


@contextlib.contextmanager
def started(place, setting, traffic):
    """Yields a Cluster of `setting` with the clients of `traffic`; every other one is on the second task, if any."""
    with contextlib.ExitStack() as stack:
        server, subject = None, subject_named("viaduct")
        if setting.redis is not None:
            server, port = stack.enter_context(redis(place, setting.redis))
            subject = viaduct_over_redis(port)
        tasks = [stack.enter_context(place.serve(subject)) for _ in range(setting.tasks)]
        load = stack.enter_context(place.load(traffic, tasks[0], also=tasks[1] if len(tasks) > 1 else None))
        yield Cluster(tasks, server, load)


def costs(place, workload, rounds, seconds):
    """Returns [(Setting, Cost of a delivery)]. All settings are started fresh, and take turns window by window."""
    with contextlib.ExitStack() as stack:
        running = []
        for setting in SETTINGS:
            cluster = stack.enter_context(started(place, setting, workload.traffic))
            cluster.window(seconds / 2)
            running.append((setting, cluster, []))
        for number in range(rounds):
            for _, cluster, found in running[:: 1 if number % 2 == 0 else -1]:
                found.append(cluster.window(seconds))
        return [(setting, medians(found)) for setting, _, found in running]


def medians(found):
    """Returns the Cost whose figures are the medians."""
    names = [field.name for field in dataclasses.fields(Cost)]
    return Cost(*(quartiles([getattr(cost, name) for cost in found])[1] for name in names))
