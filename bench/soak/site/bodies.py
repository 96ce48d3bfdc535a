"""The bodies of hostile sites, made once, so that making them does not keep the machine busy."""

import gzip
import io
from functools import cache

# just below [fetch] max_size, so that all of it is read
_LARGE_BYTES = 9_490_000
_BOMB_BYTES = 400_000_000
PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why. "


def write_feed(links: list[str], rest: str = "", updated: str = "") -> bytes:
    """Return an RSS feed of links."""
    changed = f"<atom:updated>{updated}</atom:updated>" if updated else ""
    items = "".join(
        f"<item><title>Entry</title><link>{link}</link>{changed}</item>" for link in links
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Hostile</title><link>http://x.example/</link><description>d</description>{items}{rest}"
        "</channel></rss>"
    ).encode()


def write_article(text: str) -> bytes:
    """Return a page around a text or markup."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ferry Late</title></head>'
        f"<body><h1>Ferry Late</h1>{text}</body></html>"
    ).encode()


@cache
def many_paragraphs() -> bytes:
    """A page of 300,000 short paragraphs, which takes longer to parse than any time limit."""
    short = "".join(f"<p>quay {number} ferry, <b>late</b>.</p>" for number in range(400_000))
    return write_article(short)[:_LARGE_BYTES]


@cache
def heavy_page() -> bytes:
    """A short article beside 9 MB of script."""
    script = f"<script>var blob='{'QUJD' * (_LARGE_BYTES // 4)}'</script>"
    return write_article(f"<article><p>{PROSE * 4}</p></article>{script}")


@cache
def deep_page() -> bytes:
    """A page of 200,000 nested elements."""
    return b"<div>" * 200_000 + write_article(f"<p>{PROSE * 4}</p>")


@cache
def one_line() -> bytes:
    """A page whose text is one word."""
    return write_article(f"<p>{'quay' * (_LARGE_BYTES // 4)}</p>")


def wall() -> bytes:
    """A page shown in place of an article; it holds a watched word, and must cause no alert."""
    return (
        b"<!doctype html><html><head><title>Just a moment...</title></head><body><h1>Just a moment...</h1>"
        b"<p>Checking your browser before you may read of the drone. Please wait.</p></body></html>"
    )


@cache
def quadratic_feed() -> bytes:
    """A feed of unclosed comments, which a sanitiser reads in quadratic time."""
    opened = "<!--" * 200_000
    item = f"<item><title>Entry</title><link>http://x.example/1</link><description><![CDATA[{opened}]]></description></item>"
    return write_feed([], item)


@cache
def gzip_bomb() -> bytes:
    """400 MB of zeros, compressed."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as file:
        zeros = b"\0" * 1_000_000
        for _ in range(_BOMB_BYTES // len(zeros)):
            file.write(zeros)
    return packed.getvalue()


@cache
def many_rules() -> bytes:
    """A robots.txt with two wildcards in each of its rules."""
    rules = "".join(f"Disallow: /*{number}*/*x{number}*y$\n" for number in range(19_000))
    return f"User-agent: *\n{rules}".encode()


@cache
def long_links(url: str) -> str:
    """Entries with addresses of 900 characters."""
    return "".join(
        f"<item><title>Entry</title><link>{url}/old/{number}/{'ab' * 450}</link></item>"
        for number in range(9_000)
    )


@cache
def huge_feed(url: str) -> bytes:
    """A feed of 100,000 entries."""
    return write_feed([f"{url}/a/{number}" for number in range(100_000)])


_LARGE = (many_paragraphs, heavy_page, deep_page, one_line, quadratic_feed, gzip_bomb, many_rules)


def prepare() -> None:
    """Make the large bodies before the first request."""
    for make in _LARGE:
        make()
