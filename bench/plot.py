"""Draws bars and lines into an SVG file, without any library."""

import math
from xml.sax.saxutils import escape

BAR, GAP, LABEL, WIDTH = 18, 6, 130, 760
OURS, OTHERS = "#0b6e4f", "#9aa5b1"
COLORS = (OURS, "#c2410c", "#1d4ed8", "#7e22ce", "#57534e")
PANEL, MARGIN, BELOW = 170, 60, 46


def bars(groups, ours):
    """An SVG of one group of horizontal bars a workload.

    `groups` is {title: {label: ratio}}; a bar at 1 is as long in every group. Labels that begin with `ours` stand out.
    """
    longest = max((value for group in groups.values() for value in group.values()), default=1)
    unit = (WIDTH - LABEL - 60) / max(longest, 1)
    lines, y = [], 20
    for title, group in groups.items():
        lines.append(f'<text x="0" y="{y}" font-weight="bold">{escape(title)}</text>')
        y += GAP * 2
        for label, value in group.items():
            color = OURS if label.startswith(ours) else OTHERS
            middle = y + BAR - 5
            lines.append(f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>')
            lines.append(f'<rect x="{LABEL}" y="{y}" width="{value * unit:.1f}" height="{BAR}" fill="{color}"/>')
            lines.append(f'<text x="{LABEL + value * unit + 6:.1f}" y="{middle}">{value:.2f}</text>')
            y += BAR + GAP
        y += BAR
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *lines, "</svg>", ""])


def lines(panels, x_label):
    """An SVG of one panel below the other, each with an x axis of its own from 0.

    `panels` is {title: {label: [(x, y)]}}; a label has the same color in every panel. y begins at 0.
    """
    labels = list(dict.fromkeys(label for curves in panels.values() for label in curves))
    parts, y = [], 20
    for i, label in enumerate(labels):
        color = COLORS[i % len(COLORS)]
        parts.append(f'<rect x="{MARGIN}" y="{y - 9}" width="18" height="4" fill="{color}"/>')
        parts.append(f'<text x="{MARGIN + 26}" y="{y}">{escape(label)}</text>')
        y += BAR
    for title, curves in panels.items():
        y += BAR + GAP
        parts.append(f'<text x="{MARGIN}" y="{y}" font-weight="bold">{escape(title)}</text>')
        y += GAP * 2
        parts += _panel(curves, labels, y)
        y += PANEL + BELOW
        parts.append(f'<text x="{WIDTH - 20}" y="{y - 12}" text-anchor="end">{escape(x_label)}</text>')
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *parts, "</svg>", ""])


def _panel(curves, labels, top):
    points = [point for curve in curves.values() for point in curve]
    right, high = (_round_above(max(point[i] for point in points)) for i in (0, 1))
    width, bottom = WIDTH - MARGIN - 20, top + PANEL
    parts = []
    for step in range(5):
        at = bottom - PANEL * step / 4
        parts.append(f'<line x1="{MARGIN}" y1="{at:.1f}" x2="{MARGIN + width}" y2="{at:.1f}" stroke="#e4e7eb"/>')
        parts.append(f'<text x="{MARGIN - 8}" y="{at + 4:.1f}" text-anchor="end">{_label(high * step / 4)}</text>')
        along = MARGIN + width * step / 4
        parts.append(f'<text x="{along:.1f}" y="{bottom + 18}" text-anchor="middle">{_label(right * step / 4)}</text>')
    for label, curve in curves.items():
        where = " ".join(f"{MARGIN + width * x / right:.1f},{bottom - PANEL * y / high:.1f}" for x, y in curve)
        color = COLORS[labels.index(label) % len(COLORS)]
        parts.append(f'<polyline points="{where}" fill="none" stroke="{color}" stroke-width="1.5"/>')
    return parts


def _round_above(value):
    """Returns the least of 1, 2, 4 and 8 times a power of ten that is not below `value`; 1 for nothing."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(times * power for times in (1, 2, 4, 8, 10) if times * power >= value)


def _label(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"
