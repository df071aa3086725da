"""The arithmetic of the runs: medians, spreads, ratios of pairs, costs from two counts."""

import statistics


def quartiles(values):
    """Returns (lower quartile, median, upper quartile) of one or more numbers, by linear interpolation."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("quartiles of nothing")

    def at(share):
        position = share * (len(ordered) - 1)
        below = int(position)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (position - below)

    return at(0.25), statistics.median(ordered), at(0.75)


def paired_ratios(ours, theirs):
    """Returns ours[i] / theirs[i]: each pair was measured side by side, so that a slower minute slows both."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} figures paired with {len(theirs)}")
    return [a / b for a, b in zip(ours, theirs)]


def cost_each(fewer, more):
    """Returns the cost of one operation, from (operations, total) of two runs that differ in nothing else.

    Starting, connecting and stopping are in both totals and so in none of the result.
    """
    (few, small), (many, large) = fewer, more
    if many <= few:
        raise ValueError(f"{many} operations are not more than {few}")
    return (large - small) / (many - few)


def rounded(value):
    """Returns three significant digits, and always the digits before the point: 0.19, 4.53, 10.4, 1612."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    for limit, digits in ((1, 3), (10, 2), (100, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"
