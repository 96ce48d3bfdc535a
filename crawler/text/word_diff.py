"""Word-by-word differences of two texts as one line of marked text: ``the [-old-] {+new+} words``."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

# unchanged words shown on each side of a change; fewer if there are so many changes that they would not fit otherwise
_CONTEXT_WORDS = (8, 4, 2, 0)
# of a mail about a change, which should stay short: the article shows the rest; a rewritten page has no short difference
_MOST_CHARACTERS = 4000
# SequenceMatcher is quadratic at worst: a longer block is shown as removed and inserted as a whole, and the words of a text
# with more paragraphs are compared without them
_MOST_WORDS = 2000
_MOST_PARAGRAPHS = 1000
_GAP = "\u2026"
_MARKED = re.compile(r"\[-(?P<out>.*?)-\]|\{\+(?P<new>.*?)\+\}", re.DOTALL)

Piece = tuple[str, str]


def diff_words(old: str, new: str) -> str:
    """Return the changes with up to 8 words around each; empty if no word changed.

    Both texts are paragraphs separated by a blank line. The result has at most 4,000 characters: unchanged words are left
    out before changed ones; only the difference of a rewritten text is cut with ``…``.
    """
    pieces = _merge(_compare_paragraphs(old.split("\n\n"), new.split("\n\n")))
    if not any(kind != "same" for kind, _ in pieces):
        return ""
    for context in _CONTEXT_WORDS:
        shown = list(_shorten(pieces, context=context))
        text = " ".join(mark_piece(kind, words) for kind, words in shown)
        if len(text) <= _MOST_CHARACTERS:
            return text
    return _cut(shown)


def split_marked(marked: str) -> Iterator[Piece]:
    """Yield the pieces of a marked text in order as (kind, words); the kind is ``same``, ``out`` or ``new``."""
    end = 0
    for found in _MARKED.finditer(marked):
        if found.start() > end:
            yield "same", marked[end : found.start()]
        kind = "out" if found["out"] is not None else "new"
        yield kind, found[kind]
        end = found.end()
    if end < len(marked):
        yield "same", marked[end:]


def _compare_paragraphs(old: list[str], new: list[str]) -> Iterator[Piece]:
    if max(len(old), len(new)) > _MOST_PARAGRAPHS:
        yield from _compare_words(" ".join(old).split(), " ".join(new).split())
        return
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield "same", " ".join(new[c:d])
        else:
            yield from _compare_words(" ".join(old[a:b]).split(), " ".join(new[c:d]).split())


def _compare_words(old: list[str], new: list[str]) -> Iterator[Piece]:
    if old == new:
        yield "same", " ".join(new)
        return
    if max(len(old), len(new)) > _MOST_WORDS:
        yield from (("out", " ".join(old)), ("new", " ".join(new)))
        return
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield "same", " ".join(new[c:d])
            continue
        yield from ((name, " ".join(words)) for name, words in (("out", old[a:b]), ("new", new[c:d])) if words)  # fmt: skip


def _merge(pieces: Iterator[Piece]) -> list[Piece]:
    """Return the pieces without empty ones; unchanged pieces that follow each other are joined."""
    merged: list[Piece] = []
    for kind, text in pieces:
        if kind == "same" and merged and merged[-1][0] == "same":
            merged[-1] = ("same", f"{merged[-1][1]} {text}")
        elif text:
            merged.append((kind, text))
    return merged


def _shorten(pieces: list[Piece], *, context: int) -> Iterator[Piece]:
    """Yield the pieces, with unchanged ones reduced to ``context`` words around each change."""
    for place, (kind, text) in enumerate(pieces):
        words = text.split()
        if kind != "same" or len(words) <= 2 * context:
            yield kind, text
            continue
        head = words[:context] if place else []
        tail = words[len(words) - context :] if place + 1 < len(pieces) else []
        yield "same", " ".join([*head, _GAP, *tail])


def mark_piece(kind: str, words: str) -> str:
    """Return one piece as marked text: ``[-removed-]``, ``{+inserted+}``, or unmarked."""
    return {"out": f"[-{words}-]", "new": f"{{+{words}+}}"}.get(kind, words)


def _cut(pieces: list[Piece]) -> str:
    """Return the pieces as marked text of at most 4,000 characters; each is first cut to an eighth of that."""
    # so that one long piece leaves room for others
    room = _MOST_CHARACTERS // 8
    cut = [(kind, text if len(text) <= room else text[:room] + _GAP) for kind, text in pieces]
    shown = ""
    for kind, text in cut:
        longer = f"{shown} {mark_piece(kind, text)}".lstrip()
        if len(longer) > _MOST_CHARACTERS - len(f" {_GAP}"):
            return f"{shown} {_GAP}"
        shown = longer
    return shown
