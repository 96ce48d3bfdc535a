"""Figures as SVG: a small plot for each thing measured, sizes on a logarithmic axis, so that a straight line is logarithmic.

Written by hand: each is a few lines and words, and so it can be read in light and in dark, by the colours of the page it is in.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from pathlib import Path

# pixels: three plots in a row are as wide as a text on a page
_WIDTH, _HEIGHT, _COLUMNS = 300, 190, 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 22, 40, 30
# greys that are seen on white, and on the dark of GitHub's pages (#0d1117)
_STYLE = """text { font: 11px system-ui, sans-serif; fill: #57606a } .name { font-weight: 600; fill: #24292f }
line { stroke: #d0d7de } polyline { fill: none; stroke: #0969da; stroke-width: 2 } circle { fill: #0969da }
@media (prefers-color-scheme: dark) { text { fill: #8b949e } .name { fill: #e6edf3 } line { stroke: #30363d }
polyline { stroke: #58a6ff } circle { fill: #58a6ff } }"""
# what is plotted, of all that is measured
_PLOTTED = {
    "articles": (
        "keep, ms",
        "near-duplicates of a new text, ms",
        "near-duplicates of a copy, ms",
        "watch test: nothing, CPU s",
        "watch test: a rare word, CPU s",
        "watch test: a common word, CPU s",
        "watch test: nearness, CPU s",
        "start to first visit, again, CPU s",
        "home, first, CPU ms",
        "articles, first, CPU ms",
        "one article, again, CPU ms",
        "search, a rare word, again, CPU ms",
        "search, a common word, again, CPU ms",
    ),
    "watches": ("keep, ms", "load watches, ms", "start to first visit, again, CPU s"),
    "sources": (
        "planning tick, ms",
        "claim tick, ms",
        "list sources, ms",
        "mend due times, ms",
        "take it over, again, ms",
        "start to first visit, again, CPU s",
    ),
}


def write_plots(figures: Mapping[str, Mapping[str, Mapping[str, float]]], folder: Path) -> None:
    """Write ``growth-articles.svg`` and the others."""
    for name, by_size in figures.items():
        sizes = sorted(map(int, by_size))
        plots = []
        for row in _PLOTTED[name]:
            points = [
                (size, by_size[str(size)][row]) for size in sizes if row in by_size[str(size)]
            ]
            if len(points) > 1:
                plots.append((row, points))
        (folder / f"growth-{name}.svg").write_text(_draw(name, plots), encoding="utf-8")


def _draw(name: str, plots: Sequence[tuple[str, Sequence[tuple[int, float]]]]) -> str:
    """Return all plots of one kind of size, beside and below each other."""
    rows = ceil(len(plots) / _COLUMNS)
    width, height = _WIDTH * _COLUMNS, _HEIGHT * rows
    drawn = "".join(
        f'<g transform="translate({_WIDTH * (place % _COLUMNS)} {_HEIGHT * (place // _COLUMNS)})">{_plot(name, *plot)}</g>\n'
        for place, plot in enumerate(plots)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>Cost by number of {name}, on a logarithmic axis</title>\n<style>{_STYLE}</style>\n{drawn}</svg>\n"
    )


def _plot(name: str, row: str, points: Sequence[tuple[int, float]]) -> str:
    low, high = log10(points[0][0]), log10(points[-1][0])
    top = _round_up(max(value for _, value in points))

    def across(size: int) -> float:
        return _LEFT + (log10(size) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def down(value: float) -> float:
        return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<text class="name" x="{_LEFT}" y="18">{escape(row)}</text>']
    for value in (0.0, top / 2, top):
        y = down(value)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    line = " ".join(f"{across(size):.1f},{down(value):.1f}" for size, value in points)
    parts.append(f'<polyline points="{line}"/>')
    for size, value in points:
        parts.append(
            f'<circle cx="{across(size):.1f}" cy="{down(value):.1f}" r="3"><title>{value:g}</title></circle>'
        )
        parts.append(
            f'<text x="{across(size):.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{_shorten(size)}</text>'
        )
    return "".join(parts)


def _round_up(value: float) -> float:
    """Return the next number of one digit that is even or a 5: a scale with a middle that can be written."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next(step * unit for step in (1, 2, 4, 5, 6, 8, 10) if step * unit >= value)


def _shorten(size: int) -> str:
    """Return 10k for 10,000."""
    for letter, unit in (("M", 1_000_000), ("k", 1_000)):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)
