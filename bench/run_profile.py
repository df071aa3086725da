"""Prints which functions of a subject an operation spends its user-space instructions in.

Usage: run_profile.py echo|upgrades|requests|fanout|pair|welcome [SUBJECT [ROWS]]. The last three are the chat's: a
delivery to one of a hundred, to one of two, and a connection with its welcome. The subject is "viaduct" unless said.
Counted by callgrind as the difference of a run and one of twice as many operations, so start and end of the program are
in no row.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bench import chat_subjects, subjects
from bench.chat_counted import COUNTED, Counted
from bench.load_driver import Traffic
from bench.run_place import RunPlace

# The counted traffic, the number of steps, and the subjects.
COUNTS = {
    "echo": (Counted(Traffic("echo")), 5000, subjects),
    "upgrades": (Counted(Traffic("upgrades")), 1000, subjects),
    "requests": (Counted(Traffic("requests")), 2000, subjects),
    "fanout": (COUNTED["a delivery to 100"], 500, chat_subjects),
    "pair": (COUNTED["a delivery to two"], 5000, chat_subjects),
    "welcome": (COUNTED["connect and welcome"], 1000, chat_subjects),
}


def main(name, subject="viaduct", rows="40"):
    counted, steps, known = COUNTS[name]
    with RunPlace(backend=known is subjects) as place:
        for inclusive, title in ((False, "exclusive"), (True, "with callees")):
            each = counted.functions(place, known.subject_named(subject), steps, inclusive)
            total = f", {sum(each.values()):,.0f} in all" if not inclusive else ""
            print(f"{subject}, {name}: instructions an operation, {title}{total}")
            for function, count in sorted(each.items(), key=lambda item: -item[1])[: int(rows)]:
                print(f"{count:10,.1f}  {function[:130]}")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4 or sys.argv[1] not in COUNTS:
        sys.exit(__doc__)
    main(*sys.argv[1:])
