"""Texts cut and wrapped to a number of character cells, as a terminal counts them: a Chinese character takes two, a combining mark none."""

from rich.cells import cell_len, chop_cells, split_graphemes

CUT = "\u2026"


def cut(text: str, *, width: int) -> str:
    """Return a text of at most so many cells, cut with an ellipsis: between words unless that would lose over half."""
    if cell_len(text) <= width:
        return text
    head = _take(text, width - 1)
    blank = head.rfind(" ")
    is_between = text[len(head) : len(head) + 1] == " "
    if blank > 0 and not is_between and cell_len(head[:blank]) * 2 >= width:
        head = head[:blank]
    return head.rstrip() + CUT


def _take(text: str, width: int) -> str:
    """Return the beginning of a text that fills at most so many cells; marks stay with their characters."""
    used = 0
    for start, _end, size in split_graphemes(text)[0]:
        used += size
        if used > width:
            return text[:start]
    return text


def wrap(text: str, *, width: int, indent: int) -> list[str]:
    """Return a text in indented lines that fit, broken between words; only what is wider than a line is broken within."""
    room = max(1, width - 1 - indent)
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, room)
        lines += full
    return [f"{'':{indent}}{one}" for one in (*lines, line) if one]
