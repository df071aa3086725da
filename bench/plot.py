"""Draws bars into an SVG file, without any library."""

from xml.sax.saxutils import escape

BAR, GAP, LABEL, WIDTH = 18, 6, 130, 760
OURS, OTHERS = "#0b6e4f", "#9aa5b1"


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
