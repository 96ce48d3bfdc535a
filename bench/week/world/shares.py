"""The table of kinds of sites: each with its share and the reason for it.

Shares are estimates, not measurements, of what the list of sources of a news desk consists of. A kind of share 1 was reported
by users of other readers, or is in a standard; the reports are named. ``draw_kinds`` chooses the kinds of a week.
"""

import random
from dataclasses import dataclass

from bench.week.world.texts.words import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of site.

    endpoint  the kind of endpoint of the source: the ``kind`` setting
    form      how entries are written (feeds.py)
    quirks    its oddities; sites.py names where each one is used
    share     its weight among all kinds
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


# kinds with a larger share than this are in every week
_ALWAYS = 2
_MORE_PAPERS = 2
KINDS = (
    # the kinds that most lists consist of
    _kind("rss", 16, "what most papers offer, with conditional answers", "etag"),
    _kind("atom", 8, "blogs and institutions; says when an entry changed", "etag", form="atom"),
    _kind("WordPress", 6, "the most common system: whole text in the feed, feeds of comments beside it", "etag", "full text", "comments"),
    _kind("home page", 6, "people name a home page, and its feed is found", endpoint="auto"),
    _kind("news sitemap", 6, "papers without a feed have one for search engines", endpoint="sitemap", form="news sitemap"),
    _kind("section", 5, "neither feed nor sitemap: a page of links", endpoint="section", form="section"),
    _kind("agency", 4, "texts that others print", "agency"),
    _kind("reprints", 8, "papers that print agency texts", "reprints"),
    _kind("aggregator", 3, "links lead to other hosts", "aggregator"),
    _kind("flashes", 3, "news of one sentence", "flash"),
    _kind("live blog", 2, "one article that grows all day", "live", form="atom"),
    _kind("JSON Feed", 2, "blogs of developers", form="json"),
    _kind("wp-sitemap", 2, "WordPress without a feed: children by number, no dates, newest last: georgringer/news#2844", "many children", endpoint="sitemap", form="sitemap index"),
    _kind("watched page", 2, "a council's list of notices", endpoint="page", form="page"),
    _kind("words in the feed", 2, "no links, all text in the feed: NetNewsWire#2226, FreshRSS#7050", "text in feed"),
    _kind("paywall", 3, "the page shows a teaser", "paywall"),
    _kind("wall that comes and goes", 2, "a check for robots for some hours", "wall"),
    _kind("asks for silence", 2, "429 with Retry-After", "429"),
    _kind("sleeps", 2, "refuses connections for some hours", "sleeps"),
    _kind("robots", 2, "some paths are forbidden to robots", "robots"),
    _kind("sidebars", 4, "menus, most-read lists and comments full of the words", "sidebars"),
    # kinds that change during the week
    _kind("moves", 1, "the host moves, with 301", "moves"),
    _kind("www", 1, "every address answers 301 to its www. form", "www"),
    _kind("renames its feed", 1, "301 from the old path", "renames"),
    _kind("changes GUIDs", 1, "a new system numbers all entries anew", "guids"),
    _kind("changes links", 1, "new addresses, the old ones lead there, GUIDs stay", "moved links"),
    _kind("unavailable", 1, "503 with Retry-After", "503"),
    _kind("stumbles", 1, "502 for some visits", "stumbles"),
    # entries
    _kind("no GUIDs", 1, "hand-made feeds", "no guid"),
    _kind("GUID as link", 1, "no link but a permalink GUID: NetNewsWire#2226", "permalink guid"),
    _kind("one page for all", 1, "all entries link to one page, the text is in the feed: FreshRSS#5329, NetNewsWire#4540", "one page"),
    _kind("podcast", 1, "every episode links to the show, with an enclosure", "one page", "enclosure"),
    _kind("places on a page", 1, "entries are fragments of one page that grows", "parts"),
    _kind("app pages", 1, "posts without a title, their pages show nothing without scripts: twine#114, bsky.rss#15", "app page"),
    _kind("headlines alone", 1, "an aggregator's links lead to pages of an app: pygooglenews#49, morss#125", "headline alone", "says language"),
    _kind("session ids", 1, "another link at each visit: rssguard#343", "session"),
    _kind("numbered by ref", 1, "?ref=1041 is the article: miniflux#3265, lobsters#2143", "number parameter"),
    _kind("counts visitors", 1, "utm_source in every link", "trackers"),
    _kind("oldest first", 1, "the newest is at the end: rss-synd#16", "oldest first"),
    _kind("feed of 620", 1, "all entries since 2000, oldest first: rss-anything#3", "oldest first", "long"),
    _kind("newest only", 1, "a feed that holds one entry", "newest only"),
    _kind("every entry twice", 1, "once for each category", "twice"),
    _kind("relative links", 1, "hrefs relative to the feed", "relative"),
    _kind("xml:base", 1, "hrefs relative to what the entry says", "xml:base", form="atom"),
    _kind("blanks in links", 1, "a raw blank is %20: K9 of our own reports", "blanks"),
    _kind("latin-1 links", 1, "escapes that are no UTF-8", "latin escapes"),
    # dates
    _kind("odd dates", 1, "twelve forms, German to epoch seconds: feedparser#135, #29, #3", "dates"),
    _kind("no dates", 1, "hand-made feeds", "no dates"),
    _kind("dates of the fetch", 1, "every entry is of now, at each visit", "moving dates"),
    _kind("dates ahead", 1, "a server with the wrong zone", "future"),
    # markup and bytes
    _kind("RSS 1.0", 1, "old institutions", form="rdf"),
    _kind("raw ampersands", 1, "not well-formed", "ampersand"),
    _kind("HTML entities", 1, "&nbsp; is not known in XML", "entities"),
    _kind("escaped twice", 1, "titles with &amp;amp;", "escaped twice"),
    _kind("CDATA and blanks", 1, "titles in CDATA, links on lines of their own", "cdata", "blank links"),
    _kind("control signs", 1, "pasted from a word processor, forbidden in XML", "control signs"),
    _kind("capital RSS", 1, "the root in capitals", "capital"),
    _kind("DOCTYPE", 1, "RSS 0.91 with a document type and a comment in front", "doctype"),
    _kind("no declaration", 1, "starts with its root", "no declaration"),
    _kind("xhtml content", 1, "Atom with markup as elements", "xhtml", form="atom"),
    _kind("feed with pages", 1, "given as home page, entries hold whole HTML documents", "given", "html inside", endpoint="auto", form="atom"),
    _kind("Windows-1251", 1, "declared in the XML alone", "cp1251"),
    _kind("UTF-16", 1, "an old exporter of Windows", "utf-16"),
    _kind("mislabelled", 1, "Latin-1 that says it is UTF-8", "mislabelled"),
    _kind("BOM and blanks", 1, "before the XML declaration", "bom"),
    _kind("sent as a page", 1, "a feed under text/html", "html type"),
    # how it is sent
    _kind("gzip undeclared", 1, "compressed without saying so: rss-parser#280", "gzip"),
    _kind("gzip twice", 1, "by the program and by its server: scrapy#193, #951", "gzip twice"),
    _kind("gzip said", 1, "said to be compressed, and plain: GerapyPlaywright#5", "gzip said"),
    _kind("no length", 1, "Connection: close and no Content-Length: RFC 9112, 6.3", "no length"),
    _kind("HTTP/1.0", 1, "devices and CGI", "HTTP/1.0"),
    _kind("304 to all", 1, "a cache that answers 304 to a first question", "304 to all"),
    _kind("cookie redirect", 1, "hands out a cookie by a redirect to itself: miniflux#1512", "cookie"),
    _kind("cookie for pages", 1, "the same before each article: FreshRSS cookie reports", "cookie for pages"),
    _kind("long headers", 1, "20 kB of header: scrapy#355", "long header"),
    _kind("meta refresh", 1, "the feed moved by a refresh in HTML: newspaper#260", "refresh"),
    _kind("IPv6 only", 1, "AAAA and no A", "ipv6"),
    # pages
    _kind("links by refresh", 1, "links lead to a page that refreshes: FreshRSS#2985", "refresh article"),
    _kind("login for some", 1, "some articles redirect to a long login page: pagemon#334", "login"),
    _kind("not found with 200", 1, "some addresses show maintenance or \"not found\" in several languages", "soft error"),
    _kind("page after its feed", 1, "404 at first", "early 404"),
    _kind("stub after its feed", 1, "a line at first", "early stub"),
    _kind("article in parts", 1, "three pages with rel=next: news-please#8", "in parts"),
    _kind("JSON-LD alone", 1, "the text is in articleBody: near trafilatura#85", "json-ld"),
    _kind("app state alone", 1, "the text is in __NEXT_DATA__", "next data"),
    _kind("tables", 1, "pages of 1999: no paragraphs, breaks in a table", "tables"),
    _kind("one canonical", 1, "every page says it is the section", "one canonical"),
    _kind("plain text", 1, "releases as text files", "plain text"),
    _kind("PDF", 1, "minutes of a council", "pdf"),
    # lists and sitemaps
    _kind("numbered nodes", 1, "/node/9148 under bare headlines: RSS-Bridge reports", "bare", "nodes", endpoint="section", form="section"),
    _kind("numbered queries", 1, "/?p=24: changedetection.io reports", "bare", "number query", endpoint="section", form="section"),
    _kind("list in nav", 1, "news in the element of menus", "nav list", endpoint="section", form="section"),
    _kind("base href", 1, "links relative to another folder", "base href", endpoint="section", form="section"),
    _kind("read more", 1, "the headline is no link", "read more", endpoint="section", form="section"),
    _kind("calendar", 1, "336 days beside the news", "bare", "calendar", endpoint="section", form="section"),
    _kind("front page", 1, "no feed, no sitemap: the home page has the links", "front", endpoint="auto", form="section"),
    _kind("named in robots.txt", 1, "a home page whose sitemap only robots.txt names", "named in robots", endpoint="auto", form="news sitemap"),
    _kind("comment feeds first", 1, "a home page names the feed of its comments first", "comment feed", "sidebars", endpoint="auto"),
    _kind("template dates", 1, "every lastmod is that of the last deployment: K12 of our own reports", "template dates", endpoint="sitemap", form="sitemap"),
    _kind("packed sitemap", 1, "sitemap.xml.gz under /sitemap.xml", "gzip file", "lastmod", endpoint="sitemap", form="sitemap"),
    _kind("noisy page", 1, "counter, clock, turning boxes: changedetection.io#9, #908, #1432, pagemon#95", "noise", endpoint="page", form="page"),
    # robots.txt, logins, neighbours
    _kind("robots.txt is a page", 1, "HTML in its place: selfoss#1496", "robots page"),
    _kind("robots.txt wants a login", 1, "redirects there", "robots login"),
    _kind("robots.txt with a BOM", 1, "its first line counts all the same", "robots bom"),
    _kind("robots.txt against", 1, "forbids all, and offers a feed that a person named: FreshRSS#6973", "robots against", "full text"),
    _kind("crawl delay", 1, "two seconds between requests", "crawl delay"),
    _kind("login in the address", 1, "http://user:secret@host/feed", "userinfo"),
    _kind("login by settings", 1, "username and password", "login wanted"),
    _kind("subscribers", 1, "a cookie of a subscriber opens the paywall", "subscribers"),
    _kind("left-out section", 1, "exclude = [\"/sport/*\"]", "exclude"),
    _kind("chosen body", 1, "select.body, beside boxes full of the words", "select"),
    _kind("key and neighbour", 1, "a header for one blog, whose feed is handed on to another one's host", "blog host", "own key", "handed on"),
    _kind("blog", 1, "many owners under one registrable domain", "blog host"),
    _kind("blog that is unavailable", 1, "its 503 is not its neighbours'", "blog host", "503"),
)  # fmt: skip


# in place of names: the kinds that need no settings, so that no program has more information than another
PLAIN = "plain"
# quirks for which settings.py writes a setting
WITH_SETTINGS = frozenset({"robots against", "login wanted", "own key", "subscribers", "exclude", "select"})  # fmt: skip


def draw_kinds(count: int, *, seed: int, names: tuple[str, ...] = ()) -> list[Kind]:
    """Return the kinds of a number of sites; ``names`` are the only kinds wanted, if any.

    With enough sites each kind comes once, and the rest is drawn by share. With fewer, kinds of larger share always come, two
    more papers print agencies' texts, and of the others each seed has the next ones in turn: ``count_seeds`` seeds have all.
    """
    rng = random.Random(f"kinds {seed}")
    wanted = _pick(names) if names else KINDS
    large = sorted((kind for kind in wanted if kind.share > _ALWAYS), key=lambda kind: -kind.share)
    small = [kind for kind in wanted if kind.share <= _ALWAYS]
    papers = [kind for kind in wanted if "reprints" in kind.quirks] * _MORE_PAPERS
    chosen = [*large, *papers][:count]
    room = count - len(chosen)
    if room < len(small):
        start = seed * room
        return [*chosen, *((small * 2)[(start + n) % len(small)] for n in range(room))]
    chosen += small
    return [*chosen, *rng.choices(wanted, [k.share for k in wanted], k=count - len(chosen))]


def count_seeds(count: int) -> int:
    """Return how many weeks, with consecutive seeds, it takes to have every kind."""
    large = len([kind for kind in KINDS if kind.share > _ALWAYS])
    return -(-(len(KINDS) - large) // max(1, count - large - _MORE_PAPERS))


def _pick(names: tuple[str, ...]) -> tuple[Kind, ...]:
    if names == (PLAIN,):
        return tuple(kind for kind in KINDS if not kind.quirks & WITH_SETTINGS)
    known = {kind.name.casefold(): kind for kind in KINDS}
    unknown = [name for name in names if name.casefold() not in known]
    if unknown:
        raise ValueError(f"no such kind: {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name.casefold()] for name in names)


_LANGUAGES = {"cp1251": ("ru",), "pdf": ("en",), "mislabelled": ("fr", "es", "it"), "agency": ("en",), "reprints": ("en",), "sidebars": ("en",), "select": ("en",)}  # fmt: skip


def draw_language(kind: Kind, number: int, *, seed: int) -> str:
    """Return the language of a site: English for half of them, the others in turn, unless its kind has its own."""
    rng = random.Random(f"language {seed} {number}")
    for quirk, languages in _LANGUAGES.items():
        if quirk in kind.quirks:
            return rng.choice(languages)
    return "en" if rng.random() < 0.5 else rng.choice(LANGUAGES[1:])
