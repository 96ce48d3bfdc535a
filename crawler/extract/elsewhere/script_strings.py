"""Finding the article among the strings of a script that is not JSON: a function, or a stream of pieces of data.

Only the order of the strings is known, so the longest run of sentences near the page's headline is the article.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from crawler.extract.body.blocks import make_key
from crawler.extract.body.prose import count_words, is_prose, read_paragraphs
from crawler.text.lines import clean_line

# bounds for hostile scripts: strings and characters of one script; what is beyond is not read
_MOST_STRINGS = 50_000
_MOST_CHARACTERS = 3_000_000
# places, counted in strings, from one paragraph of a run to the next, and from the headline to its run; what is farther
# away belongs to another article
_MOST_BETWEEN = 8
_MOST_AWAY = 40
# words of a run: three times as many as with an object around them, because nearness proves less
_FEWEST_WORDS = 60
# letters and digits: a shorter headline ("News") is a label in many places
_FEWEST_HEADLINE = 4
# raw texts of one stream; those beyond are read as the data around them are
_MOST_RAW = 100
# a string up to its end or the end of the script: without the latter, each quote of a broken script would be tried anew
# up to the end
_LITERAL = re.compile(
    r""""((?:[^"\\]|\\.)*+)(?:"|$)|'((?:[^'\\\n]|\\.)*+)(?:'|\n|$)|`((?:[^`\\]|\\.)*+)(?:`|$)""",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(.))", re.DOTALL
)
# escapes of a single letter that do not mean the letter
_PLAIN = {"n": "\n", "r": "\n", "t": " ", "b": " ", "f": " ", "0": " "}
# how Next.js 13 and later write their data (React server components)
_STREAM = re.compile(r"__next_f\.push\(\[\d+,\s*\"((?:[^\"\\]|\\.)*+)\"", re.DOTALL)
# a row of such a stream with raw text: its name, the length of the text in bytes, both hexadecimal, then the text
_STREAM_TEXT = re.compile(rb"(?:^|\n)[0-9a-f]{1,6}:T([0-9a-f]{1,6}),")
# a row with an object or a list; at most so many are read
_STREAM_ROW = re.compile(r"(?:^|\n)[0-9a-f]{1,6}:(?=[\[{])")
_MOST_ROWS = 2000
# an address, a path or a slug of four words: each teaser has one, and none is between the paragraphs of an article
_ADDRESS = re.compile(r"^(?:https?:)?//|^/[\w./-]+$|^\w+(?:-\w+){3,}$")


@dataclass(slots=True)
class _Run:
    """Sentences that follow each other.

    first  index of the first of them among all strings
    last   index of the last
    lines  their paragraphs
    """

    first: int
    last: int
    lines: list[str] = field(default_factory=list)


def find_run(scripts: list[str], headlines: tuple[str, ...]) -> list[str]:
    """Return the paragraphs of the longest run of prose near the headline, each once; empty if there is none.

    scripts    texts of the page's scripts, in page order
    headlines  the page's headline and titles; any of them may be the one in the script
    """
    keys = tuple(key for name in headlines if len(key := make_key(name)) >= _FEWEST_HEADLINE)
    best: list[str] = []
    for text in (*scripts, *_join_stream(scripts)):
        strings = list(islice(_list_strings(text[:_MOST_CHARACTERS]), _MOST_STRINGS))
        places = [at for at, string in enumerate(strings) if _is_headline(string, keys)]
        for run in _list_passages(strings) if places else ():
            away = min(_distance(run, at) for at in places)
            if away <= _MOST_AWAY and _count(run.lines) > max(_count(best), _FEWEST_WORDS - 1):
                best = run.lines
    return [line for line in dict.fromkeys(best) if make_key(line) not in keys]


def _count(lines: list[str]) -> int:
    return sum(map(count_words, lines))


def _distance(run: _Run, place: int) -> int:
    return max(run.first - place, place - run.last, 0)


def _is_headline(text: str, keys: tuple[str, ...]) -> bool:
    # a string of more than 600 characters is a paragraph, and no key is made of it
    return _FEWEST_HEADLINE <= len(text) <= 600 and make_key(text) in keys


def _join_stream(scripts: list[str]) -> Iterator[str]:
    """Yield the joined pieces of data that Next.js writes into the page, its raw texts quoted as strings; or nothing."""
    pieces = [_unescape(found[1]) for text in scripts for found in _STREAM.finditer(text)]
    if not pieces:
        return
    stream = "".join(pieces)[:_MOST_CHARACTERS]
    data, parts, at = stream.encode("utf-8", "replace"), [], 0
    for found in islice(_STREAM_TEXT.finditer(data), _MOST_RAW):
        if found.start() < at:  # inside the raw text before it
            continue
        end = found.end() + int(found[1], 16)
        raw = data[found.end() : end].decode("utf-8", "replace")
        parts += [data[at : found.start()].decode("utf-8", "replace"), _quote(raw)]
        at = end
    yield "\n".join([*parts, data[at:].decode("utf-8", "replace")])


def read_stream(scripts: list[str]) -> Iterator[object]:
    """Yield the objects and lists of the data that Next.js writes into the page, one a row; a row that is broken is skipped."""
    decoder = json.JSONDecoder(strict=False)
    for stream in _join_stream(scripts):
        for row in islice(_STREAM_ROW.finditer(stream), _MOST_ROWS):
            with suppress(ValueError, RecursionError):
                yield decoder.raw_decode(stream, row.end())[0]


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _list_strings(text: str) -> Iterator[str]:
    for found in _LITERAL.finditer(text):
        literal = found[1] or found[2] or found[3] or ""
        # a single character is a separator, and is not counted between paragraphs
        if len(literal) >= 2:
            yield _unescape(literal) if "\\" in literal else literal


def _unescape(literal: str) -> str:
    def read(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        if code is None:
            return _PLAIN.get(found[4], found[4])
        number = int(code, 16)
        # Unicode ends at U+10FFFF, but the escape has room for more
        return chr(number) if number <= 0x10FFFF else " "

    text = _ESCAPE.sub(read, literal)
    # surrogate pairs are written as two escapes
    return (
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if _has_surrogates(text)
        else text
    )


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _list_passages(strings: list[str]) -> list[_Run]:
    """Return the runs of prose among strings; one ends at an address, which each teaser has, or before a gap."""
    passages: list[_Run] = []
    run: _Run | None = None
    for place, text in enumerate(strings):
        if run is not None and (place - run.last > _MOST_BETWEEN or _ADDRESS.match(text[:300])):
            run = None
        if not is_prose(text):
            continue
        if run is None:
            run = _Run(place, place)
            passages.append(run)
        run.last = place
        run.lines += [clean_line(line, max_characters=20_000) for line in read_paragraphs(text)]
    return passages
