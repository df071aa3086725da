"""The tables and plots of docs/capacity.md, which the model and the simulation make."""

import dataclasses
import json
import math
import os

from bench.capacity import model, storm
from bench.figures import rounded
from bench.performance_doc import with_results
from bench.plot import lines

COMMAND = "./dev capacity"
DOC = "docs/capacity.md"
PLOT = "docs/capacity-{}.svg"
SIZES = (
    model.Task(0.5, 1024),
    model.Task(1, 2048),
    model.Task(2, 4096),
    model.Task(4, 8192),
    model.Task(1, 2048, tls=True),
)
VIEWERS = (10_000, 1_000_000, 100_000_000)
ZONES = (2, 3)
PLANNED = model.Task(1, 2048)
STORMED = storm.Storm("deployment", task=PLANNED)
SPREADS = (5, 80)


def table(head, rows):
    """Returns Markdown; all columns but the first are numbers."""
    lines_ = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    lines_.insert(1, "|---|" + "---:|" * (len(head) - 1))
    return "\n".join(lines_)


def _places(entry):
    place = entry["from"]
    return {"capacity": "`./dev capacity --measure`", "bounds": "bench/gates/bounds.py"}.get(place, place)


def numbers_table():
    """The measured numbers, with the range that several runs gave."""
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "measured.json"), encoding="utf-8") as file:
        entries = json.load(file)
    rows = []
    for entry in entries.values():
        seen = "–" if "runs" not in entry else f"{rounded(min(entry['runs']))} to {rounded(max(entry['runs']))}"
        rows.append((entry["what"], f"{rounded(entry['value'])} {entry['unit']}", seen, _places(entry)))
    return table(("what", "number", "runs", "measured by"), rows).replace("|---|---:|---:|---:|", "|---|---:|---:|---|")


def sizes_table():
    """What a task carries of each load, and which limit binds."""
    rows = []
    for task in SIZES:
        row = [str(task)]
        for load in model.LOADS.values():
            # A fleet of ten such tasks, since what Redis and the tasks say to each other depends on their number.
            limits = model.viewers_by_limit(task, load, 100_000, 10)
            binding = min(limits, key=limits.get)
            row.append(f"{limits[binding]:,} ({binding})")
        row.append(f"{model.viewer_bytes(task) / 1024:.1f}")
        row.append(f"{model.USED * task.vcpu * 1e6 / model.connect_us(task):,.0f}")
        rows.append(row)
    loads = [f"viewers, {name}" for name in model.LOADS]
    return table(("task", *loads, "KiB a viewer", "connects a second"), rows)


def plans_table():
    """Cells and tasks for each number of viewers, and the limit that binds."""
    rows = []
    for viewers in VIEWERS:
        for load in model.LOADS.values():
            for zones in ZONES:
                found = model.plan(PLANNED, load, viewers, zones)
                cell = found.cell
                rows.append(
                    (
                        f"{viewers:,}, {load.name}, {zones} zones",
                        f"{found.cells:,}",
                        f"{cell.tasks:,}",
                        f"{found.cells * cell.tasks:,}",
                        f"{cell.each:,}",
                        cell.binding,
                        found.limit or "–",
                        f"{cell.redis_share:.1%}",
                        f"{model.delivered_gigabits(load, viewers):,.3g}",
                    )
                )
    head = ("viewers", "cells", "tasks a cell", "tasks", "viewers a task", "a task's limit", "a cell's limit")
    return table((*head, "Redis's CPU, each cell", "Gbit/s to viewers"), rows)


def redis_table():
    """The most viewers that one Redis serves in rooms, by what decides it."""
    rows = []
    for members, every in ((10, 5), (50, 5), (50, 1), (500, 1)):
        row = [f"rooms of {members}, a message each {every} s"]
        for ttl in (15, 60, 300):
            load = dataclasses.replace(model.LOADS["rooms"], members=members, messages=1 / every, presence_ttl=ttl)
            row.append(f"{_most_viewers(load):,}")
        rows.append(row)
    return table(("load", "`presence_ttl: 15s`", "`60s`", "`300s`"), rows)


def _most_viewers(load):
    few, many = 1_000, 200_000_000
    while many - few > few // 200:
        middle = (few + many) // 2
        if model.binding_of_cell(model.fleet(PLANNED, load, middle)) is None:
            few = middle
        else:
            many = middle
    digits = 10 ** (int(math.log10(few)) - 1)
    return few // digits * digits


def cases():
    """Yields (label, Storm) of the table of storms."""
    for spread in SPREADS:
        yield f"one task is stopped, spread {spread} s", dataclasses.replace(STORMED, event="stop", spread=spread)
    yield "one task dies", dataclasses.replace(STORMED, event="death")
    for spread in SPREADS:
        yield f"deployment, spread {spread} s", dataclasses.replace(STORMED, spread=spread)
    tls = dataclasses.replace(PLANNED, tls=True)
    for spread in SPREADS:
        yield f"deployment, spread {spread} s, TLS", dataclasses.replace(STORMED, spread=spread, task=tls)
    yield "one zone of two is lost", dataclasses.replace(STORMED, event="zone")
    yield "one zone of two is lost, TLS", dataclasses.replace(STORMED, event="zone", task=tls)
    yield "the same, viewers without back-off", dataclasses.replace(STORMED, event="zone", task=tls, polite=False)


def outcome_row(label, found):
    return (
        label,
        f"{found.peak_attempts:,}",
        f"{min(found.served):,} to {max(found.served):,}",
        f"{found.peak_cpu:.0%}",
        f"{found.seconds_full:.1f} s",
        f"{found.seconds_until_all_are_back:.1f} s",
        f"{found.longest_queue:.1f} s",
        f"{found.gave_up:,}",
        f"{found.peak_redis:.2g}",
        f"{found.redis_behind:.1f} s",
    )


OUTCOME_HEAD = (
    "event",
    "attempts in the busiest second",
    "connects of a remaining task",
    "busiest task's CPU",
    "over 80 %",
    "all are back after",
    "longest wait for the CPU",
    "attempts given up",
    "Redis: CPUs in the busiest second",
    "Redis is behind by",
)


def storms_table():
    return table(OUTCOME_HEAD, [outcome_row(label, storm.simulate(one)) for label, one in cases()])


def _course(found):
    window = round(1 / storm.STEP)
    rate = [sum(found.attempts[max(0, i - window + 1) : i + 1]) for i in range(len(found.attempts))]
    # Half a second apart is enough for a plot.
    steps = [*range(0, len(rate) - 1, 5), len(rate) - 1]
    return {
        "attempts to connect in a second": [(i * storm.STEP, rate[i]) for i in steps],
        "CPU of the busiest task, in percent": [
            (i * storm.STEP, 100 * max(found.busiest[i : i + 5])) for i in steps
        ],
        "viewers without a tunnel": [(i * storm.STEP, found.waiting[i]) for i in steps],
    }


def plot(shown):
    """Returns the SVG of {label: Outcome}."""
    panels = {}
    for label, found in shown.items():
        for title, curve in _course(found).items():
            panels.setdefault(title, {})[label] = curve
    return lines(panels, "seconds")


def plots():
    """Returns {path: SVG}."""
    tls = dataclasses.replace(PLANNED, tls=True)
    deployments = {
        f"spread {spread} s{', TLS' if task.tls else ''}": storm.simulate(
            dataclasses.replace(STORMED, spread=spread, task=task)
        )
        for task in (PLANNED, tls)
        for spread in SPREADS
    }
    zones = {
        "no TLS": storm.simulate(dataclasses.replace(STORMED, event="zone")),
        "TLS": storm.simulate(dataclasses.replace(STORMED, event="zone", task=tls)),
        "TLS, viewers without back-off": storm.simulate(
            dataclasses.replace(STORMED, event="zone", task=tls, polite=False)
        ),
    }
    return {PLOT.format("deployment"): plot(deployments), PLOT.format("zone"): plot(zones)}


TABLES = {
    "numbers": numbers_table,
    "sizes": sizes_table,
    "plans": plans_table,
    "redis": redis_table,
    "storms": storms_table,
}


def written(text):
    """Returns the document's `text` with every table made anew."""
    for name, make in TABLES.items():
        text = with_results(text, f"{COMMAND} --doc ({name})", make())
    return text
