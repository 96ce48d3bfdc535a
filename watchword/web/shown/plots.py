"""Plots as inline SVG: x and width in per cent, y in pixels, so that text keeps its size at any width; nothing loads, nothing moves.

``title`` says the finding, for who does not see the plot. Only the highest bar is labelled.
"""

from collections.abc import Mapping, Sequence
from itertools import count

from markupsafe import Markup

from crawler.text.counts import write_number

# height in px of the bars' area, below a line for the label of the highest
_LABEL_PX = 18
_AXIS_PX = 20
# of its slot
_BAR_SHARE = 0.72
_ROW_PX = 28
_SPARK_PX = 18
_NAMES_SHARE = 44.0
_HOURS, _DAYS = 24, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CELL_PX, _CELL_STEP_PX = 17, 20
# every plot of a page has a title with an id of its own
_NUMBERS = count(1)


def draw_bars(
    values: Sequence[int],
    *,
    title: str,
    kind: str = "a",
    height: int = 44,
    marks: Mapping[int, str] | None = None,
) -> Markup:
    """Return bars from left to right.

    kind    a for matches, in the accent's colour; e for what is only context
    height  of the highest bar in px
    marks   labels below bars, by their place; None for no line of labels
    """
    most = max(values, default=0)
    slot = 100 / max(len(values), 1)
    parts = []
    for place, value in enumerate(values):
        tall = height * value / most if most else 0
        x, y = slot * place + slot * (1 - _BAR_SHARE) / 2, _LABEL_PX + height - tall
        parts.append(
            Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
                kind, _round(x), _round(y), _round(slot * _BAR_SHARE), _round(tall)
            )
        )
    if most:
        place = values.index(most)
        parts.append(
            _text(slot * (place + 0.5), 13, write_number(most), anchor=_anchor(place, len(values)))
        )
    base = _LABEL_PX + height + 0.5
    parts.append(Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(base))
    for place, label in (marks or {}).items():
        x = {"start": 0.0, "end": 100.0}.get(_anchor(place, len(values)), slot * (place + 0.5))
        parts.append(_text(x, base + 15.5, label, anchor=_anchor(place, len(values))))
    whole = _LABEL_PX + height + (_AXIS_PX if marks is not None else 2)
    return _wrap(parts, title=title, height=whole)


def _anchor(place: int, number: int) -> str:
    """Return how a label stands to its bar, so that the first and the last stay inside the plot."""
    if place == 0:
        return "start"
    return "end" if place == number - 1 else "middle"


def draw_spark(values: Sequence[int], *, title: str) -> Markup:
    """Return the bars of a row of a table: as small as a word, the highest as high as the line, and without a label."""
    most = max(values, default=0)
    tall = [max(1, round(_SPARK_PX * value / most)) if value else 0 for value in values]
    bars = "".join(f"M{3 * place + 1} {_SPARK_PX}v-{px}" for place, px in enumerate(tall) if px)
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" width="{}" height="{}"><path d="{}"/></svg>'
    ).format(title, 3 * len(values), _SPARK_PX, bars)


def draw_rows(rows: Sequence[tuple[str, int, bool]], *, title: str) -> Markup:
    """Return horizontal bars with names: name, value, and whether the row is only context ("8 others")."""
    most = max((value for _, value, _ in rows), default=0)
    parts = []
    for place, (name, value, is_context) in enumerate(rows):
        y = place * _ROW_PX + 5
        width = (100 - _NAMES_SHARE - 10) * value / most if most else 0
        shown = name if len(name) <= 22 else f"{name[:21]}\u2026"
        parts += [
            Markup('<text class="name" x="0" y="{}">{}</text>').format(y + 12, shown),
            Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="16"/>').format(
                "e" if is_context else "a", _NAMES_SHARE, y, _round(width)
            ),
            _text(_NAMES_SHARE + width + 1.5, y + 12, write_number(value), anchor="start"),
        ]
    return _wrap(parts, title=title, height=len(rows) * _ROW_PX)


def draw_week(values: Sequence[Sequence[float]], *, title: str) -> Markup:
    """Return a heat map of weekday and hour: seven rows of 24 values, Monday first, in five steps of one colour."""
    most = max((value for row in values for value in row), default=0)
    step = (100 - 11.0) / _HOURS
    parts = []
    for day, row in enumerate(values):
        y = day * _CELL_STEP_PX
        parts.append(_text(0, y + 13, _DAYS[day], anchor="start"))
        for hour, value in enumerate(row):
            shade = _shade(value / most if most else 0)
            parts.append(
                Markup('<rect{} x="{}%" y="{}" width="{}%" height="{}" rx="2"/>').format(
                    Markup(' class="h{}"').format(shade) if shade else "",
                    _round(11 + hour * step),
                    y,
                    _round(step * 0.9),
                    _CELL_PX,
                )
            )
    y = 7 * _CELL_STEP_PX + 13
    parts += [
        _text(11 + hour * step, y, f"{hour:02}", anchor="start") for hour in range(0, _HOURS, 6)
    ]
    return _wrap(parts, title=title, height=7 * _CELL_STEP_PX + _AXIS_PX, extra=" heat")


def _shade(share: float) -> int:
    """Return one of five steps: 0 for hardly anything, 4 for the most."""
    return next(
        (step for step, least in ((4, 0.8), (3, 0.55), (2, 0.3), (1, 0.08)) if share >= least), 0
    )


def draw_share(share: float) -> Markup:
    """Return a bar that is filled to a share; the number stands beside it as text, so it is hidden from readers of text."""
    return Markup(
        '<svg class="plot" aria-hidden="true" height="6"><rect class="e" fill-opacity=".3" width="100%" height="6" rx="3"/>'
        '<rect class="a" width="{}%" height="6" rx="3"/></svg>'
    ).format(_round(100 * share))


def draw_lanes(
    lanes: Sequence[tuple[str, float, Sequence[float]]],
    *,
    ticks: Sequence[tuple[float, str]],
    title: str,
) -> Markup:
    """Return who told it when: a row an outlet, a dot where it published, a ring for each edit.

    lanes  name, then where it published and where it edited, as shares of the time shown, 0 to 1
    ticks  shares with their labels
    """
    left, wide = 39.0, 59.0
    foot = len(lanes) * 26
    parts = []
    for share, label in ticks:
        x = left + wide * share
        parts += [
            Markup('<line x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>').format(_round(x), foot),
            _text(x, foot + 16, label, anchor="middle"),
        ]
    for place, (name, published, edits) in enumerate(lanes):
        y = place * 26 + 13
        shown = name if len(name) <= 20 else f"{name[:19]}\u2026"
        parts += [
            Markup('<text class="name" x="0" y="{}">{}</text>').format(y + 4, shown),
            Markup('<line class="axis" x1="{0}%" x2="98%" y1="{1}" y2="{1}"/>').format(
                _round(left + wide * published), y
            ),
            Markup('<circle class="{}" cx="{}%" cy="{}" r="6"/>').format(
                "a" if place == 0 else "e", _round(left + wide * published), y
            ),
        ]
        parts += [
            Markup('<circle class="o" cx="{}%" cy="{}" r="4.5"/>').format(
                _round(left + wide * one), y
            )
            for one in edits
        ]
    return _wrap(parts, title=title, height=foot + 22)


def _text(x: float, y: float, text: str, *, anchor: str) -> Markup:
    return Markup('<text x="{}%" y="{}" text-anchor="{}">{}</text>').format(
        _round(x), y, anchor, text
    )


def _wrap(parts: Sequence[Markup], *, title: str, height: float, extra: str = "") -> Markup:
    number = next(_NUMBERS)
    return Markup(
        '<svg class="plot{0}" role="img" aria-labelledby="plot{1}" height="{2}"><title id="plot{1}">{3}</title>{4}</svg>'
    ).format(extra, number, _round(height), title, Markup().join(parts))


def _round(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
