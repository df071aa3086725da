"""Says how many tasks a number of viewers needs, and simulates what happens when viewers lose their task:

    ./dev capacity [--viewers N] [--load NAME] [--vcpu N] [--memory MIB] [--tls] [--zones N] [--presence-ttl SECONDS]
                   [--event NAME] [--spread SECONDS] [--impatient] [--seed N] [--plot FILE]
    ./dev capacity --doc | --check | --measure [PART...]

See docs/capacity.md.
"""

import argparse
import dataclasses
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, ROOT)

from bench.capacity import document, model, storm  # noqa: E402


def _positive(kind):
    def read(text):
        value = kind(text)
        if not value > 0:
            raise ValueError
        return value

    read.__name__ = "positive number"
    return read


def _parse(arguments):
    parser = argparse.ArgumentParser(prog=document.COMMAND, description=model.__doc__, allow_abbrev=False)
    parser.add_argument("--viewers", type=_positive(int), default=100_000, help="(default: %(default)s)")
    parser.add_argument("--load", choices=model.LOADS, default="rooms", help="what viewers do (default: %(default)s)")
    parser.add_argument("--vcpu", type=_positive(float), default=1.0, help="of a task (default: %(default)s)")
    parser.add_argument("--memory", type=_positive(int), default=2048, help="MiB of a task (default: %(default)s)")
    parser.add_argument("--tls", action="store_true", help="the sidecar's listener speaks TLS")
    parser.add_argument("--zones", type=int, choices=range(2, 7), default=2, help="availability zones")
    parser.add_argument("--presence-ttl", type=_positive(float), default=15.0, help="broker.redis.presence_ttl")
    parser.add_argument("--event", choices=storm.EVENTS, default="deployment", help="(default: %(default)s)")
    parser.add_argument("--spread", type=float, default=5.0, help="drain.spread in seconds (default: %(default)s)")
    parser.add_argument("--impatient", action="store_true", help="viewers return at once, and then every second")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation (default: %(default)s)")
    parser.add_argument("--plot", metavar="FILE", help="write the simulation's course as an SVG")
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--doc", action="store_true", help=f"write the tables and plots of {document.DOC}")
    does.add_argument("--check", action="store_true", help="exit with 1 if they are not what the model gives")
    does.add_argument("--measure", nargs="*", metavar="PART", help="measure the costs on this machine instead")
    options = parser.parse_args(arguments)
    if options.spread < 0:
        parser.error("--spread: must not be negative")
    return options


def _read(path):
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _expected():
    return {document.DOC: document.written(_read(document.DOC)), **document.plots()}


def _check():
    different = [path for path, text in _expected().items() if _read(path) != text]
    for path in different:
        print(f"{path}: not what {document.COMMAND} --doc writes", file=sys.stderr)
    return 1 if different else 0


def _write():
    for path, text in _expected().items():
        with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
            file.write(text)
    return 0


def _answer(options):
    task = model.Task(options.vcpu, options.memory, options.tls)
    load = dataclasses.replace(model.LOADS[options.load], presence_ttl=options.presence_ttl)
    found = model.plan(task, load, options.viewers, options.zones)
    cell = found.cell
    print(f"{options.viewers:,} viewers; {load.says}; tasks of {task}; {options.zones} zones, one of which may be lost")
    print(f"cells: {found.cells:,}" + (f" (one would break: {found.limit})" if found.limit else ""))
    print(f"a cell: {cell.tasks:,} tasks with {cell.each:,} viewers each; a task's limit: {cell.binding}")
    print(f"its Redis: {cell.redis_share:.1%} of a CPU, {cell.redis_gigabits:.3f} Gbit/s")
    print(f"to viewers: {model.delivered_gigabits(load, options.viewers):,.3g} Gbit/s")
    print(f"during a deployment: {2 * cell.tasks:,} tasks a cell")
    event = storm.Storm(
        options.event,
        cell.viewers,
        cell.tasks,
        task,
        load,
        options.spread,
        polite=not options.impatient,
        seed=options.seed,
        zones=options.zones,
    )
    outcome = storm.simulate(event)
    print(f"\none cell; {storm.EVENTS[options.event]}:")
    row = document.outcome_row(options.event, outcome)
    for name, value in list(zip(document.OUTCOME_HEAD, row))[1:]:
        print(f"  {name}: {value}")
    if outcome.waiting[-1]:
        print(f"  after {len(outcome.waiting) * storm.STEP:.0f} s {outcome.waiting[-1]:,} viewers are still not back")
    if options.plot:
        with open(options.plot, "w", encoding="utf-8") as file:
            file.write(document.plot({options.event: outcome}))
    return 0


def main(arguments):
    options = _parse(arguments)
    if options.doc:
        return _write()
    if options.check:
        return _check()
    if options.measure is None:
        try:
            return _answer(options)
        except ValueError as error:
            print(f"{document.COMMAND}: {error}", file=sys.stderr)
            return 1
    # Needs the programs, which the rest does not.
    from bench.capacity.measure import PARTS, measure

    unknown = [name for name in options.measure if name not in PARTS]
    if unknown:
        print(f"--measure: \"{unknown[0]}\": must be one of {', '.join(PARTS)}", file=sys.stderr)
        return 2
    measure(options.measure or PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
