"""Prints which functions of a subject an operation spends its user-space instructions in.

Usage: run_profile.py echo|upgrades|requests [SUBJECT [ROWS]]. The subject is "viaduct" unless said. Counted by callgrind
as the difference of a run and one of twice as many operations, so start and end of the program are in no row.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bench import callgrind
from bench.load_driver import Traffic
from bench.run_place import RunPlace
from bench.subjects import subject_named

OPERATIONS = {"echo": 5000, "upgrades": 1000, "requests": 2000}


def main(workload, subject="viaduct", rows="40"):
    with RunPlace() as place:
        for inclusive, title in ((False, "exclusive"), (True, "with callees")):
            each = callgrind.functions_each(
                place, subject_named(subject), Traffic(workload), OPERATIONS[workload], inclusive
            )
            total = f", {sum(each.values()):,.0f} in all" if not inclusive else ""
            print(f"{subject}, {workload}: instructions an operation, {title}{total}")
            for name, count in sorted(each.items(), key=lambda item: -item[1])[: int(rows)]:
                print(f"{count:10,.1f}  {name[:130]}")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4 or sys.argv[1] not in OPERATIONS:
        sys.exit(__doc__)
    main(*sys.argv[1:])
