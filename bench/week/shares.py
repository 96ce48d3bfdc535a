"""The one table of what sites there are: each kind with its share of a hundred sites, and the reason.

Shares are judgement, not measurement: what a list of sources of a news desk consists of, with every kind of sloppiness
that people reported about other readers at least once in a hundred sites. A week of fewer sites has at least one of
each kind as far as they go, the largest shares first.
"""

import random
from dataclasses import dataclass

from bench.week.words import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of site.

    endpoint  what the source is read at: the ``kind`` setting
    form      how entries are written (feeds.py)
    quirks    what is wrong or odd about it (sites.py)
    share     of a hundred sites
    reason    why it is in the table
    """

    name: str
    endpoint: str = "feed"
    form: str = "rss"
    quirks: frozenset[str] = frozenset()
    share: int = 1
    reason: str


def _kind(name: str, share: int, reason: str, *quirks: str, endpoint: str = "feed", form: str = "rss") -> Kind:  # fmt: skip
    return Kind(
        name=name,
        endpoint=endpoint,
        form=form,
        quirks=frozenset(quirks),
        share=share,
        reason=reason,
    )


KINDS = (
    _kind("rss", 16, "what most papers offer, with conditional answers", "etag"),
    _kind("atom", 8, "blogs and institutions; says when an entry changed", "etag", form="atom"),
    _kind("home page", 6, "people name a home page, and its feed is found", endpoint="auto"),
    _kind("news sitemap", 6, "papers without a feed have one for search engines", endpoint="sitemap", form="news sitemap"),
    _kind("section", 5, "neither feed nor sitemap: a page of links", endpoint="section", form="section"),
    _kind("agency", 4, "texts that others print", "agency"),
    _kind("reprints", 8, "papers that print agency texts", "reprints"),
    _kind("aggregator", 3, "links lead to other hosts", "aggregator"),
    _kind("flashes", 3, "news of one sentence", "flash"),
    _kind("live blog", 2, "one article that grows all day", "live", form="atom"),
    _kind("JSON Feed", 2, "blogs of developers", form="json"),
    _kind("RSS 1.0", 1, "old institutions", form="rdf"),
    _kind("wp-sitemap", 2, "WordPress without a feed: children by number, no dates", endpoint="sitemap", form="sitemap index"),
    _kind("watched page", 2, "a council's list of notices", endpoint="page", form="page"),
    _kind("words in the feed", 2, "Mastodon, Telegram bridges: the text is only in the feed", "text in feed"),
    _kind("paywall", 3, "the page shows a teaser", "paywall"),
    _kind("wall that comes and goes", 2, "a check for robots for some hours", "wall"),
    _kind("asks for silence", 2, "429 with Retry-After", "429"),
    _kind("sleeps", 2, "refuses connections for some hours", "sleeps"),
    _kind("moves", 1, "the host moves, with 301", "moves"),
    _kind("renames its feed", 1, "301 from the old path", "renames"),
    _kind("changes GUIDs", 1, "a new system numbers all entries anew", "guids"),
    _kind("no GUIDs", 1, "hand-made feeds", "no guid"),
    _kind("session ids", 1, "another link at each visit: rssguard#343", "session"),
    _kind("oldest first", 1, "the newest is at the end: rss-synd#16", "oldest first"),
    _kind("odd dates", 1, "German dates, epoch seconds: feedparser#135", "dates"),
    _kind("relative links", 1, "hrefs relative to the feed", "relative"),
    _kind("raw ampersands", 1, "not well-formed", "ampersand"),
    _kind("Windows-1251", 1, "declared in the XML alone", "cp1251"),
    _kind("gzip undeclared", 1, "compressed without saying so: rss-parser#280", "gzip"),
    _kind("no length", 1, "Connection: close and no Content-Length", "no length"),
    _kind("cookie redirect", 1, "hands out a cookie by a redirect to itself: miniflux#1512", "cookie"),
    _kind("long headers", 1, "20 kB of header: scrapy#355", "long header"),
    _kind("BOM and blanks", 1, "before the XML declaration", "bom"),
    _kind("meta refresh", 1, "the feed moved by a refresh in HTML: newspaper#260", "refresh"),
    _kind("robots", 2, "some paths are forbidden to robots", "robots"),
    _kind("IPv6 only", 1, "AAAA and no A", "ipv6"),
    _kind("rails", 4, "menus, most-read lists and comments full of the words", "rails"),
)  # fmt: skip


def draw_kinds(count: int, *, seed: int) -> list[Kind]:
    """Return the kinds of so many sites: by share, each kind once where there are that many."""
    rng = random.Random(f"kinds {seed}")
    total = sum(kind.share for kind in KINDS)
    ordered = sorted(KINDS, key=lambda kind: (-kind.share, rng.random()))
    chosen = ordered[:count]
    rest = [k for k in KINDS for _ in range(max(0, round(k.share * count / total) - 1))]
    rng.shuffle(rest)
    chosen += rest[: count - len(chosen)]
    chosen += rng.choices(ordered, [k.share for k in ordered], k=count - len(chosen))
    return chosen


def draw_language(kind: Kind, number: int, *, seed: int) -> str:
    """Return the language of a site: English for half of them, the others in turn."""
    if "cp1251" in kind.quirks:
        return "ru"
    rng = random.Random(f"language {seed} {number}")
    return "en" if rng.random() < 0.5 else rng.choice(LANGUAGES[1:])
