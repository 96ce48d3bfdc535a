"""Changes of real samples that leave most of their structure: random bytes would not get past the first test of a parser."""

import re
from collections.abc import Callable, Sequence
from random import Random

# where markup, JSON, TOML, queries and headers have their seams
_SEAM = re.compile(rb"[<>{}\[\]()\"'=&;,:/?#\n ]")
# tokens that have ended parsers: of charsets, numbers, entities, scripts, dates, and of nothing at all
COMMON = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", b"\xe2\x80\xae", b"\xe2\x80\xa8",
    b"\xc2\xa0", b"\xc2\x85", b"\xcc\x88" * 40, b"\xe2\x80\x8b", b"\xd9\xa1\xd9\xa2", b"\r\n", b"\r", b"\t", b"\x0b", b"\x1b[31m",
    b"&#0;", b"&#xD800;", b"&#99999999999;", b"&amp;amp;", b"&lt;", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"%00", b"%ff", b"%2e%2e%2f",
    b"0", b"-1", b"1e400", b"NaN", b"99999999999999999999", b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59-23:59", b"2026-02-30",
    b"1969-12-31", b"+99:99", b"24:60:61", b"null", b"true", b"\\ud800", b"\\u0000", b"..", b"//", b"http://", b"http://[::1", b"http://a:99999/",
    b"javascript:alert(1)", b"data:text/html,x", b"mailto:a@b", b"\r\nBcc: evil@x.org\r\n", b"=?utf-8?q?=0d=0a?=", b"a" * 300, b"\xc4\xb0", b"\xc3\x9f",
)  # fmt: skip
Mutation = Callable[[bytes, Random, Sequence[bytes], Sequence[bytes]], bytes]


def mutate(
    data: bytes, random: Random, *, others: Sequence[bytes], tokens: Sequence[bytes], most: int
) -> bytes:
    """Return a sample changed in one to six places, at most this long.

    others  the samples of which pieces may be put in
    tokens  the target's own words, beside those that all have in common
    """
    words = (*tokens, *COMMON) if tokens else COMMON
    for _ in range(random.randint(1, 6)):
        data = random.choice(_MUTATIONS)(data, random, others, words)[:most]
    return data


def _spot(data: bytes, random: Random) -> int:
    """Return a place, mostly at a seam of the structure."""
    start = random.randint(0, len(data))
    if random.random() < 0.7 and (found := _SEAM.search(data, start, start + 2000)):
        return found.start() + random.randint(0, 1)
    return start


def _piece(data: bytes, random: Random) -> tuple[int, int]:
    start = _spot(data, random)
    length = random.choice((1, 2, 8, 40, 200, 1000, 5000))
    return start, _spot(data[: start + length], random) if random.random() < 0.5 else start + length


def _insert(data: bytes, random: Random, _others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = _spot(data, random)
    return data[:at] + random.choice(words) + data[at:]


def _replace(
    data: bytes, random: Random, _others: Sequence[bytes], words: Sequence[bytes]
) -> bytes:
    start, end = sorted(_piece(data, random))
    return data[:start] + random.choice(words) + data[min(end, start + 60) :]


def _delete(
    data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]
) -> bytes:
    start, end = sorted(_piece(data, random))
    return data[:start] + data[end:]


def _repeat(
    data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]
) -> bytes:
    start, end = sorted(_piece(data, random))
    return data[:end] + data[start:end] * random.choice((1, 3, 50, 2000)) + data[end:]


def _move(data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    start, end = sorted(_piece(data, random))
    rest = data[:start] + data[end:]
    at = _spot(rest, random)
    return rest[:at] + data[start:end] + rest[at:]


def _splice(data: bytes, random: Random, others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    other = random.choice(others) if others else data
    start, end = sorted(_piece(other, random))
    at = _spot(data, random)
    return data[:at] + other[start:end] + data[at:]


def _flip(data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut(data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    return data[: _spot(data, random)]


def _recode(
    data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]
) -> bytes:
    """Write the text in another charset, which its own words contradict."""
    text = data.decode("utf-8", "replace")
    return text.encode(random.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "cp1251", "shift_jis", "gb18030", "utf-7")), "replace")  # fmt: skip


def _nest(data: bytes, random: Random, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    opening, closing = random.choice(
        (
            (b"(", b")"),
            (b"[", b"]"),
            (b"<div>", b"</div>"),
            (b'{"a":', b"}"),
            (b"<outline>", b""),
            (b"NOT ", b""),
        )
    )
    count = random.choice((2, 20, 300, 3000))
    start, end = sorted(_piece(data, random))
    return data[:start] + opening * count + data[start:end] + closing * count + data[end:]


_MUTATIONS: tuple[Mutation, ...] = (
    _insert, _insert, _replace, _replace, _delete, _repeat, _move, _splice, _splice, _flip, _cut, _recode, _nest,
)  # fmt: skip
