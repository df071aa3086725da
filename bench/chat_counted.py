"""The parts of the chat that are counted in instructions."""

import dataclasses

from bench import callgrind
from bench.load_driver import Traffic


@dataclasses.dataclass(frozen=True)
class Counted:
    """A counted kind of traffic. `verb` is a bench-load command; each of its steps is `each` operations."""

    traffic: Traffic
    verb: str = "count"
    each: int = 1

    def instructions(self, place, subject, steps):
        return callgrind.instructions_each(place, subject, self.traffic, steps, self.verb) / self.each

    def functions(self, place, subject, steps, inclusive):
        counts = callgrind.functions_each(place, subject, self.traffic, steps, inclusive, self.verb)
        return {name: count / self.each for name, count in counts.items()}


# One message is in flight at a time, so that every run does the same in the same order.
COUNTED = {
    "a delivery to 100": Counted(Traffic("chat", 100, active=1), each=100),
    "a delivery to two": Counted(Traffic("chat", 2, active=1), each=2),
    "an echo to one": Counted(Traffic("chat", 1)),
    "connect and welcome": Counted(Traffic("chat", 0), verb="open"),
}
