"""A text as HTML, with marks: its paragraphs, its lists, and its tables, which are stored as lines with bars."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup, escape

# bytes of a text that a page shows
MOST_BYTES = 90_000
_PARAGRAPH = re.compile(r"[^\n](?:(?!\n\n).)*", re.DOTALL)
_CELL = re.compile(r"[^|\n]+")
# the line below a table's head
_RULE = re.compile(r"\|[-| :]*-[-| :]*\|")


def mark_text(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return a line with marks at these places."""
    pieces, at = [], 0
    for start, end in spans:
        if at <= start and end <= len(text):
            pieces += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
            at = end
    return Markup().join([*pieces, escape(text[at:])])


def cut_text(body: str) -> str:
    """Return as much of a text as one page holds, up to the end of a paragraph if there is one."""
    raw = body.encode()
    if len(raw) <= MOST_BYTES:
        return body
    begin = raw[:MOST_BYTES].decode("utf-8", "ignore")
    return begin.rpartition("\n\n")[0] or begin


@dataclass(slots=True)
class _Marks:
    """Marks in a text in order, numbered as they are written."""

    text: str
    spans: list[tuple[int, int]]
    count: int = field(default=0)

    def write(self, start: int, end: int) -> Markup:
        """Return a part of the text with its marks; parts are written in order, and a mark ends where its part ends."""
        pieces, at = [], start
        while self.spans and self.spans[0][0] < end:
            first, last = self.spans.pop(0)
            if first < at:
                continue
            last = min(last, end)
            self.count += 1
            pieces.append(_break_lines(self.text[at:first]))
            pieces.append(
                Markup('<mark id="m{}">{}</mark>').format(self.count, self.text[first:last])
            )
            at = last
        return Markup().join([*pieces, _break_lines(self.text[at:end])])


def mark_body(body: str, spans: Iterable[tuple[int, int]]) -> tuple[Markup, int]:
    """Return a body with marks at these places, each of which can be jumped to, and how many there are."""
    marks = _Marks(body, [span for span in spans if span[1] <= len(body)])
    blocks = []
    for kind, found in groupby(
        (paragraph.span() for paragraph in _PARAGRAPH.finditer(body)),
        key=lambda span: _kind_of(body[slice(*span)]),
    ):
        blocks.append(Markup("\n").join(_WRITERS[kind](marks, list(found))))
    return Markup("\n").join(blocks), marks.count


def _kind_of(paragraph: str) -> str:
    line = paragraph.strip()
    if len(line) > 1 and line.startswith("|") and line.endswith("|"):
        return "row"
    return "item" if line.startswith("- ") else "text"


def _write_text(marks: _Marks, spans: list[tuple[int, int]]) -> Iterator[Markup]:
    for start, end in spans:
        yield Markup("<p>{}</p>").format(marks.write(start, end))


def _write_list(marks: _Marks, spans: list[tuple[int, int]]) -> Iterator[Markup]:
    yield Markup("<ul>")
    for start, end in spans:
        begin = marks.text.index("- ", start) + 2
        yield Markup("<li>{}</li>").format(marks.write(begin, end))
    yield Markup("</ul>")


def _write_table(marks: _Marks, spans: list[tuple[int, int]]) -> Iterator[Markup]:
    """Yield a table; rows without a word are left out, as layout tables have many."""
    yield Markup("<table>")
    for start, end in spans:
        row = marks.text[start:end]
        if _RULE.fullmatch(row.strip()) or not row.strip(" |\n"):
            continue
        cells = (marks.write(*cell.span()) for cell in _CELL.finditer(marks.text, start, end))
        yield Markup("<tr>{}</tr>").format(
            Markup().join(Markup("<td>{}</td>").format(cell) for cell in cells)
        )
    yield Markup("</table>")


_WRITERS = {"text": _write_text, "item": _write_list, "row": _write_table}


def _break_lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
