"""Short texts: queries, dates, addresses, configurations, lists of subscriptions, robots.txt."""

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

from crawler.config.load import load_config
from crawler.errors import ConfigFaulty, QuerySyntaxError
from crawler.extract.dates.stated_dates import parse_stated_date, read_stated_date
from crawler.extract.dates.written_dates import read_relative, read_written_date
from crawler.extract.navigation.robots import decode_robots, read_robots
from crawler.matching.queries.expressions import list_terms
from crawler.matching.queries.predicates import make_test
from crawler.matching.queries.query import MAX_LENGTH, MAX_NESTING, parse_query
from crawler.text.source_lists.opml import read_opml, write_opml
from crawler.text.web.urls import absolute_url, article_key, canonical_url, digest_key
from tests.fuzz.samples import read_configurations
from tests.fuzz.targets.registry import Target, hold

_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_BEIRUT = ZoneInfo("Asia/Beirut")


def check_query(data: bytes) -> None:
    """A query is read, or refused with a place and a repair that is read; written back it is the same query."""
    text = data.decode("utf-8", "surrogatepass" if b"\xed" in data[:50] else "replace") if _is_text(data) else data.decode("latin-1")  # fmt: skip
    try:
        query = parse_query(text)
    except QuerySyntaxError as error:
        hold(0 <= error.position <= len(text), "the place of a fault lies in the query", error.position, text)  # fmt: skip
        hold(error.message and error.pointed(), "a fault says what is wrong", text)
        if error.repair is not None:
            parse_query(error.repair)
        return
    written = str(query)
    # a query at the bounds may grow beyond them by the brackets with which it is written back
    if len(written) <= MAX_LENGTH and _depth(written) <= MAX_NESTING:
        hold(parse_query(written) == query, "a query written back is the same query", text, written)
    hold(list_terms(query) is not None, "a query has terms", text)
    make_test(query, "en")


def _depth(written: str) -> int:
    return max(accumulate((sign == "(") - (sign == ")") for sign in written), default=0)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def check_date(data: bytes) -> None:
    """A date is aware, not before 1990 and not after the fetch, and read the same way twice."""
    text = data.decode("utf-8", "replace")
    for zone, language in ((UTC, None), (_BEIRUT, "ar"), (_BEIRUT, "de")):
        found = read_stated_date(text, fetched_at=_NOW, zone=zone, language=language)
        if found is not None:
            hold(found.instant.utcoffset() == timedelta(0), "an instant is UTC", text, found)
            hold(found.instant <= _NOW, "no date is later than the fetch", text, found)
            hold(found.instant.year >= 1990, "no date is before 1990", text, found)
        free = parse_stated_date(text, zone=zone, language=language)
        hold(free is None or free.instant.tzinfo is not None, "a date has a zone", text, free)
        written = read_written_date(text, languages=(language or "en",), zone=zone)
        hold(written is None or written[0].tzinfo is not None, "a date has a zone", text, written)
        relative = read_relative(text, languages=(language or "en",), now=_NOW)
        hold(relative is None or relative <= _NOW, "what is past is past", text, relative)


def check_url(data: bytes) -> None:
    """The canonical form is canonical, and the key of an address is that of its canonical form."""
    text = data.decode("utf-8", "surrogatepass" if _is_text(data) else "replace")
    link = absolute_url(text, base="https://courier.example.org/news/1?a=b")
    for url in (text, link or ""):
        plain = canonical_url(url)
        article_key(url)
        digest_key(article_key(url, keep_doubtful=True))
        if plain is None:
            continue
        hold(canonical_url(plain) == plain, "a canonical address is canonical", url, plain, canonical_url(plain))  # fmt: skip
        hold(plain.startswith(("http://", "https://")), "it is of the web", url, plain)
        hold(plain.isascii() or not any(sign.isspace() or ord(sign) < 32 for sign in plain), "no blanks or controls", url, plain)  # fmt: skip
        hold("\n" not in plain and "\r" not in plain, "it is one line", url, plain)
        key = article_key(plain)
        hold(article_key(url) == key, "an address and its canonical form have one key", url, plain, article_key(url), key)  # fmt: skip


def check_configuration(data: bytes) -> None:
    """A configuration is read, or refused with faults that name file and line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "watchword.toml")
        path.write_bytes(data)
        try:
            load_config(path, environ={}, check_query=_check)
        except ConfigFaulty as error:
            hold(error.faults, "a refusal names a fault")
            # a lone carriage return ends a line, too
            lines = len(data.splitlines()) + 1
            for fault in error.faults:
                hold(fault.problem.strip(), "a fault says what is wrong", fault)
                hold(0 <= fault.line <= lines + 1, "its line is in the file", fault, lines)
                hold("\n" not in fault.problem and "\x1b" not in str(fault), "a fault is one line of text", fault)  # fmt: skip


def _check(query: str) -> str | None:
    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return error.message
    return None


def check_opml(data: bytes) -> None:
    """A list is read, or refused in words; exported it is read as the same list."""
    try:
        found = read_opml(data)
    except ValueError as error:
        hold(not isinstance(error, UnicodeError) and str(error).startswith("the file"), "a refusal is worded for a person", error)  # fmt: skip
        return
    for item in found.subscriptions:
        hold(item.url.startswith(("http://", "https://")), "a feed is of the web", item)
        hold(item.title.isprintable(), "a title is one printable line", item)
    again = read_opml(write_opml(found.subscriptions, title="all"))
    feeds = [(item.url, item.title, item.tags) for item in found.subscriptions]
    read = {item.url: item for item in again.subscriptions}
    for url, title, tags in feeds:
        hold(url in read, "an export is read as the same list", url, sorted(read)[:5])
        hold(read[url].title == title, "with the same titles", title, read[url].title)
        hold(set(read[url].tags) == set(tags), "and tags", tags, read[url].tags)


def check_robots(data: bytes) -> None:
    """Any file is read; each address is allowed or not."""
    robots = read_robots(decode_robots(data), origin="https://courier.example.org", agent="Watchword")  # fmt: skip
    hold(robots.refusal is None, "a file that was had refuses nothing")
    hold(robots.crawl_delay is None or timedelta(0) < robots.crawl_delay <= timedelta(minutes=10), "a delay is bounded", robots.crawl_delay)  # fmt: skip
    hold(all(link.startswith("http") for link in robots.sitemaps), "sitemaps are of the web", robots.sitemaps)  # fmt: skip
    for path in ("/", "/news/2026/11/" + "a/" * 200, "/%E2%82%AC?x=*$", "/" + "ab" * 500 + "!"):
        robots.allows(f"https://courier.example.org{path}")


_QUERIES = (
    b"drone OR UAV", b'"unmanned aerial" AND NOT title:toy', b"source:courier (port | harbour) -fire", b"drone NEAR/5 ship", b"=US lang:en",
    b"title:(drone* OR =IT) NOT (toy OR \"model plane\")", "Дрон OR 無人機 OR \"טיל בליסטי\"".encode(), b'"5 kg" OR F-16 OR C++', b"wild* ?an ~fuzzy^2",
)  # fmt: skip
_DATES = (
    b"2026-11-22T09:15:00+02:00", b"Sun, 22 Nov 2026 09:15:00 GMT", b"22 November 2026, 9.15 pm EST", "22. března 2026 v 9:15".encode(),
    "٢٢ نوفمبر ٢٠٢٦ - ١٠:٣٠".encode(), "2026年11月22日 9時15分".encode(), b"1405/09/01 12:00", b"1795338900", b"3 hours ago", b"vor 5 Minuten", b"hace 2 horas",
    "令和8年11月22日".encode(), "22 พ.ย. 2569".encode(), b"Nov 22nd, '26 at noon", b"20261122T091500Z", b"22.11.26", b"11/22/2026 10:57 p.m. PT",
)  # fmt: skip
_URLS = (
    b"https://www.Courier.example.org:443/a/b.html?utm_source=x&id=7#top", b"http://m.example.co.uk/amp/news/7.amp.html?outputType=amp", b"//cdn.example.org/x",
    "https://bücher.example/straße?q=ä".encode(), b"https://user:pw@example.org/%7Ea/../b/./c", b"../x?y=1&amp;z=2", b"HTTP://EXAMPLE.ORG./", b"https://[2001:db8::1]:8080/x",
    b"https://example.org/?PHPSESSID=abc&ref=home&fbclid=1", b"https:///example.org/x", b"http://example.org/a b\tc",
)  # fmt: skip
_OPML = (
    b"""<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>x</title></head><body><outline text="News" title="News">
<outline type="rss" text="Courier" xmlUrl="https://courier.example.org/rss" htmlUrl="https://courier.example.org/" category="/a/b,c"/></outline>
<outline text="Page" type="link" url="https://gazette.example.org/?a=1&amp;b=2"/></body></opml>""",
    b"""<opml><body><outline title='A & B < C' xmlurl='feed://x.example.org/f?a=1&b=2'><outline text="in" type="include" url="https://x.example.org/l.opml"></body>""",
)  # fmt: skip
_ROBOTS = (
    b"User-agent: *\nDisallow: /private/\nAllow: /private/news*.html$\nCrawl-delay: 2.5\nSitemap: https://courier.example.org/s.xml\n",
    b"\xef\xbb\xbfuser-agent: Watchword/1.0 (+x)\r\nUser-agent: b\r\nDisallow:\r\n\r\nUser-agent: *\r\nDisallow: /*?*=*a*b*c*d*e*f*\r\nSitemap: /s.xml # x\r\n",
)  # fmt: skip

TARGETS = (
    Target(
        name="query",
        check=check_query,
        samples=lambda: _QUERIES,
        tokens=(
            b" OR ",
            b" AND ",
            b" NOT ",
            b"NEAR/3",
            b"title:",
            b"source:",
            b"lang:",
            b'"',
            b"(",
            b")",
            b"*",
            b"-",
            b"=",
            b"|",
            b"?",
            b"~",
        ),
        most=2500,
    ),
    Target(
        name="date",
        check=check_date,
        samples=lambda: _DATES,
        tokens=(
            b"GMT",
            b"a.m.",
            b" ago",
            b"2026",
            b"Nov ",
            b"T",
            b"Z",
            b"+05:30",
            b"12",
            b"31",
            b"99",
            "年".encode(),
            "月".encode(),
            "午後".encode(),
        ),
        most=400,
        seconds=4,
    ),
    Target(
        name="url",
        check=check_url,
        samples=lambda: _URLS,
        tokens=(
            b"http:",
            b"https://",
            b"?",
            b"&",
            b"#",
            b"@",
            b"www.",
            b"amp/",
            b"xn--",
            b"utm_x=1",
            b"[",
            b"]",
            b":80",
            "ä".encode(),
            "。".encode(),
            b"%41",
            b";",
        ),
        most=2500,
    ),
    Target(
        name="configuration",
        check=check_configuration,
        samples=read_configurations,
        tokens=(
            b"[[source]]\n",
            b"[[watch]]\n",
            b'name = "x"\n',
            b'every = "1s"\n',
            b"= [",
            b"{",
            b"}",
            b'"""',
            b"''",
            b'to = ["a@b.c"]\n',
            b"\n[mail]\n",
            b'query = "("\n',
            b'url = "http://x/"\n',
        ),
        most=20_000,
        seconds=4,
    ),
    Target(
        name="opml",
        check=check_opml,
        samples=lambda: _OPML,
        tokens=(
            b"<outline ",
            b'xmlUrl="',
            b'text="',
            b"/>",
            b"</outline>",
            b'category="/x,y"',
            b"<opml>",
            b"<body>",
            b"&",
            b"feed://",
        ),
        most=20_000,
    ),
    Target(
        name="robots",
        check=check_robots,
        samples=lambda: _ROBOTS,
        tokens=(
            b"User-agent: ",
            b"Disallow: ",
            b"Allow: ",
            b"Crawl-delay: ",
            b"Sitemap: ",
            b"*",
            b"$",
            b"%",
            b"/*a*b",
            b"\n",
        ),
        most=60_000,
        seconds=4,
    ),
)
