"""Odd HTTP answers of real servers: each is read as browsers and curl read it, or refused with one true sentence."""

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has none
import pytest

from tests.fakes import Answer, FakeSite, Reply, article_page, rss
from tests.spiders.network.test_edge import PlacedSite
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

zstd = importlib.import_module(
    "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
)
PAGE = article_page("Ferry Leaves Late", PROSE, DRONES)
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
CLOSE = b"Connection: close\r\n"


def sent(head: bytes, body: bytes = PAGE) -> bytes:
    return head + b"\r\n" + body


def chunked(*chunks: bytes, line_end: bytes = b"\r\n", last: bytes | None = b"0\r\n\r\n") -> bytes:
    written = b"".join(b"%x%s%s%s" % (len(one), line_end, one, line_end) for one in chunks)
    return written + (last or b"")


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def lengthened(body: bytes, by: int) -> bytes:
    return b"Content-Length: %d\r\n" % (len(body) + by)


OK = b"HTTP/1.1 200 OK\r\n" + HTML
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n" + CLOSE
FRAMED: dict[str, bytes] = {
    "http-1.1-until-close": sent(OK + CLOSE),
    "http-1.0-until-close": sent(b"HTTP/1.0 200 OK\r\n" + HTML),
    "no-connection-header": sent(OK),
    "chunks-without-the-last": sent(CHUNKED, chunked(PAGE[:500], PAGE[500:], last=None)),
    "chunks-without-the-last-line": sent(CHUNKED, chunked(PAGE, last=b"0\r\n")),
    "chunks-with-bare-lf": sent(CHUNKED, chunked(PAGE, line_end=b"\n", last=b"0\n\n")),
    "chunks-with-blanks": sent(CHUNKED, b"%x  \r\n" % len(PAGE) + PAGE + b"\r\n0\r\n\r\n"),
    "chunks-with-extensions": sent(CHUNKED, b"%x;a=b\r\n" % len(PAGE) + PAGE + b"\r\n0\r\nX-Sum: 1\r\n\r\n"),
    "chunked-and-a-length": sent(CHUNKED + b"Content-Length: 3\r\n", chunked(PAGE)),
    "chunked-in-capitals": sent(OK + b"Transfer-Encoding: Chunked\r\n", chunked(PAGE)),
    "identity": sent(OK + b"Transfer-Encoding: identity\r\n" + CLOSE),
    "length-too-large": sent(OK + lengthened(PAGE, 40)),
    "length-twice": sent(OK + lengthened(PAGE, 0) * 2),
    "lengths-that-differ": sent(OK + lengthened(PAGE, 0) + lengthened(PAGE, 99)),
    "length-that-is-no-number": sent(OK + b"Content-Length: many\r\n"),
    "length-below-nothing": sent(OK + b"Content-Length: -1\r\n"),
    "more-than-its-length": sent(OK + lengthened(PAGE, 0), PAGE + b"<!-- left over -->"),
    "bare-lf": sent(OK + CLOSE).replace(b"\r\n", b"\n", 4),
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + sent(OK + lengthened(PAGE, 0)),
    "continue-first": b"HTTP/1.1 100 Continue\r\n\r\n" + sent(OK + lengthened(PAGE, 0)),
    "no-reason": sent(b"HTTP/1.1 200\r\n" + HTML),
    "small-letters": sent(b"http/1.1 200 ok\r\n" + HTML),
    "two-blanks": sent(b"HTTP/1.1  200  OK\r\n" + HTML),
    "no-minor-version": sent(b"HTTP/1 200 OK\r\n" + HTML),
    "version-2-in-words": sent(b"HTTP/2 200 OK\r\n" + HTML),
    "latin-1-reason": sent(b"HTTP/1.1 200 Tr\xe8s bien\r\n" + HTML),
    "blank-line-first": b"\r\n" + sent(OK),
    "line-without-colon": sent(OK + b"this is no header\r\n"),
    "name-with-a-blank": sent(OK + b"X-Odd : 1\r\nContent Length: 3\r\n"),
    "name-of-bytes": sent(OK + b"X-\xe4\xf6: 1\r\n: nothing\r\n"),
    "value-of-bytes": sent(OK + b"X-Title: Z\xfcrich \xe6\x96\xb0\r\n"),
    "folded": sent(OK + b"X-Long: one\r\n  two\r\n\tthree\r\n"),
    "folded-first": sent(b"HTTP/1.1 200 OK\r\n  Folded: from nothing\r\n" + HTML),
    "two-hundred-kilobytes": sent(OK + b"Content-Security-Policy: " + b"a" * 200_000 + b"\r\n"),
    "three-hundred-lines": sent(OK + b"Set-Cookie: a=b\r\n" * 300),
}  # fmt: skip
PACKED: dict[str, Reply] = {
    "gzip": Reply(gzip.compress(PAGE), headers={"Content-Encoding": "gzip"}),
    "gzip-twice": Reply(gzip.compress(gzip.compress(PAGE)), headers={"Content-Encoding": "gzip"}),
    "gzip-twice-and-said": Reply(gzip.compress(gzip.compress(PAGE)), headers={"Content-Encoding": "gzip, gzip"}),
    "gzip-unsaid": Reply(gzip.compress(PAGE)),
    "gzip-in-parts": Reply(gzip.compress(PAGE[:300]) + gzip.compress(PAGE[300:])),
    "gzip-and-padding": Reply(gzip.compress(PAGE) + b"\x00" * 512, headers={"Content-Encoding": "gzip"}),
    "gzip-file": Reply(gzip.compress(PAGE), content_type="application/x-gzip"),
    "gzip-with-a-wrong-sum": Reply(gzip.compress(PAGE)[:-8] + b"12345678", headers={"Content-Encoding": "gzip"}),
    "gzip-without-a-sum": Reply(gzip.compress(PAGE)[:-8], headers={"Content-Encoding": "gzip"}),
    "x-gzip": Reply(gzip.compress(PAGE), headers={"Content-Encoding": "x-gzip"}),
    "gzip-but-plain": Reply(PAGE, headers={"Content-Encoding": "gzip"}),
    "br-but-plain": Reply(PAGE, headers={"Content-Encoding": "br"}),
    "utf-8-as-packing": Reply(PAGE, headers={"Content-Encoding": "utf-8"}),
    "none": Reply(PAGE, headers={"Content-Encoding": "none"}),
    "gzip-but-br": Reply(brotli.compress(PAGE), headers={"Content-Encoding": "gzip"}),
    "br-but-gzip": Reply(gzip.compress(PAGE), headers={"Content-Encoding": "br"}),
    "br": Reply(brotli.compress(PAGE), headers={"Content-Encoding": "br"}),
    "br-in-gzip": Reply(gzip.compress(brotli.compress(PAGE)), headers={"Content-Encoding": "br, gzip"}),
    "deflate": Reply(zlib.compress(PAGE), headers={"Content-Encoding": "deflate"}),
    "deflate-without-envelope": Reply(raw_deflate(PAGE), headers={"Content-Encoding": "deflate"}),
    "deflate-unsaid": Reply(zlib.compress(PAGE)),
    "zstd": Reply(zstd.compress(PAGE), headers={"Content-Encoding": "zstd"}),
    "zstd-unsaid": Reply(zstd.compress(PAGE)),
}  # fmt: skip


async def read(site: FakeSite, folder: Path, pages: Mapping[str, Answer]) -> dict[str, str]:
    """Crawl a feed of these pages; return the outcome of each by name."""
    site.pages.update({f"/{name}": answer for name, answer in pages.items()})
    feed = rss([(f"{site.url}/{name}", "") for name in pages])
    # under the headline of its page: only a wall shows one text at many addresses
    site.pages["/rss"] = Reply(feed.replace(b"<title>Entry", b"<title>Ferry Leaves Late"))
    config = configure(folder, settings(f"{site.url}/rss"))
    await crawl(config)
    found = rows(config, "SELECT announced_url, coalesce(reason, state) FROM entries")
    return {str(url).rpartition("/")[2]: str(said) for url, said in found}


async def test_answers_with_every_framing_seen_in_the_wild_are_read(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    said = await read(site, tmp_path, FRAMED)

    assert {name: word for name, word in said.items() if word != "fetched"} == {}
    assert len(said) == len(FRAMED)


async def test_answers_with_every_compression_seen_in_the_wild_are_read(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    said = await read(site, tmp_path, PACKED)

    assert {name: word for name, word in said.items() if word != "fetched"} == {}
    assert len(said) == len(PACKED)


HALF = PAGE[: len(PAGE) // 2]
REFUSED: dict[str, tuple[Answer, str]] = {
    "half-in-chunks": (sent(CHUNKED, chunked(HALF, last=None)), "broke off before its end"),
    "half-of-its-length": (sent(OK + lengthened(PAGE, 0), HALF), "broke off before its end"),
    "half-of-its-gzip": (Reply(gzip.compress(PAGE)[:200], headers={"Content-Encoding": "gzip"}), "broke off before its end"),
    "chunks-that-are-none": (sent(CHUNKED, PAGE), "broke off before its end"),
    "noise-called-gzip": (Reply(bytes(range(256)) * 20, headers={"Content-Encoding": "gzip"}), "packed in a way that cannot be read (the server says: gzip)"),
    "packed-three-times": (Reply(gzip.compress(gzip.compress(gzip.compress(PAGE)))), "HTML"),
    "ssh": (b"SSH-2.0-OpenSSH_9.6\r\n", "is not HTTP"),
    "no-status": (b"HTTP/1.1 OK\r\n\r\n", "is not HTTP"),
    "old-http": (PAGE, "is not HTTP"),
    "silence": (b"", "closed the connection without an answer"),
    "headers-only-half": (b"HTTP/1.1 200 OK\r\nContent-Ty", "broke off before its end"),
    "empty": (Reply(b""), "the answer is empty"),
    "endless-chunk": (sent(CHUNKED, b"f" * 2000), "broke off before its end"),
}  # fmt: skip


async def test_an_unreadable_answer_is_reported_in_one_sentence_about_the_server(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    said = await read(site, tmp_path, {name: answer for name, (answer, _) in REFUSED.items()})

    assert {name: said[name] for name, (_, words) in REFUSED.items() if words not in said[name]} == {}  # fmt: skip
    assert not [word for word in said.values() if any(sign in word for sign in ("Watchword", "<", "Error", "[", "'"))]  # fmt: skip


async def test_a_truncated_answer_is_tried_again(site: FakeSite, tmp_path: Path) -> None:
    await read(
        site, tmp_path, {"a": sent(OK + lengthened(PAGE, 0), HALF), "b": b"nonsense\r\n\r\n"}
    )
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    found = rows(config, "SELECT state, attempt_count FROM entries")

    assert found == [("waiting", 1), ("waiting", 1)]


XML = b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>%s</channel></rss>'
ITEM = b"<item><title>Drones Again</title><link>%s/a</link><pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate></item>"  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        lambda feed: b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + feed,
        lambda feed: b"ICY 200 OK\r\n\r\n" + feed,
        lambda feed: b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + feed + b"\n<!-- cached -->",
        lambda feed: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + chunked(gzip.compress(feed)),
        lambda feed: b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + gzip.compress(feed),
        lambda feed: Reply(gzip.compress(gzip.compress(feed)), content_type="application/x-gzip"),
    ],
)  # fmt: skip
async def test_feeds_are_read_as_leniently_as_pages(
    site: FakeSite, tmp_path: Path, answer: Callable[[bytes], Answer]
) -> None:
    site.put_article("/a", "Drones Again", PROSE, DRONES)
    site.pages["/rss"] = answer(XML % (ITEM % site.url.encode()))
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
    assert rows(config, "SELECT headline FROM articles") == [("Drones Again",)]


async def test_a_truncated_json_feed_is_not_taken_for_a_shorter_one(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    feed = b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "1"'
    site.pages["/rss"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + feed
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [("the answer broke off before its end",)]  # fmt: skip


async def test_a_redirect_may_use_any_bytes(site: FakeSite, tmp_path: Path) -> None:
    wheres = [
        b"/caf\xe9",
        "/café".encode(),
        b"/caf%C3%A9",
        b" /caf%E9 ",
        b"caf%E9#part",
        b"/caf%E9?a=b c",
    ]
    site.pages["/caf%C3%A9"] = site.pages["/caf%E9"] = site.pages["/caf%E9?a=b%20c"] = Reply(PAGE)

    said = await read(site, tmp_path, {f"a{n}": _redirect(where) for n, where in enumerate(wheres)})

    assert list(said.values()) == ["fetched"] * len(wheres)


def _redirect(where: bytes) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: " + where + b"\r\nContent-Length: 0\r\n\r\n"


NOWHERE = {
    b"http://[::1": "redirects to an address that cannot be read",
    b"": "redirects to an address that cannot be followed",
    b"mailto:a@b.example": "it redirects to mailto:a@b.example, which is no address",
    b"ftp://x.example/feed": "redirects to an address that cannot be followed",
    b"http://": "redirect",
    b"http://10.0.0.1/x": "10.0.0.1 is an address of this machine or a private network",
    b"http://name:word@10.0.0.1/x": "(it redirects to http://10.0.0.1/x)",
    b"//x.example:99999/": "redirect",
    b"http://x.invalid/": "cannot be resolved (no network, or no such host) (it redirects to http://x.invalid/)",
}


async def test_a_redirect_to_an_invalid_address_is_reported_in_words(
    site: FakeSite, tmp_path: Path
) -> None:
    sources = []
    for number, where in enumerate(NOWHERE):
        site.pages[f"/{number}"] = _redirect(where)
        sources.append(settings(f"{site.url}/{number}", name=f"n{number}"))
    config = configure(tmp_path, *sources)

    await crawl(config)

    said = [str(row[0]) for row in rows(config, "SELECT last_failure FROM sources ORDER BY id")]
    assert [reason for reason, words in zip(said, NOWHERE.values(), strict=True) if words not in reason] == []  # fmt: skip
    assert not [reason for reason in said if any(sign in reason for sign in ("Watchword", "<", "Error", "word@"))]  # fmt: skip


async def test_a_stray_body_behind_an_answer_is_not_taken_for_the_next_one(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    stray = Reply(b"", status=404, headers={"Content-Length": "0"})
    said = await read(site, tmp_path, {f"p{n}": Reply(PAGE + b"stray" * 9, headers={"Content-Length": str(len(PAGE))}) for n in range(6)} | {"q": stray})  # fmt: skip

    assert [said[f"p{n}"] for n in range(6)] == ["fetched"] * 6


async def test_a_host_with_an_ipv6_address_only_may_redirect_and_be_redirected_to(tmp_path: Path) -> None:  # fmt: skip
    with PlacedSite("::1") as site:
        site.pages["/old"] = Reply(status=301, headers={"Location": f"{site.url}/rss"})
        site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
        site.put_feed("/rss", "/a")
        config = configure(tmp_path, settings(f"{site.url}/old"))

        await crawl(config)

    assert rows(config, "SELECT headline FROM articles") == [("Ferry Leaves Late",)]
