"""Generated articles and their feeds: pure functions, with the same result for the same seed.

Each article has a unique token in headline and address, by which messages are assigned to articles.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

# no word of a watch; three random words in a row hardly ever come twice, so that no two articles are copies
_WORDS = [
    "harbour", "quay", "ferry", "pilot", "council", "lamp", "keeper", "fisherman", "morning",
    "shore", "market", "bread", "school", "teacher", "roof", "storm", "message", "window",
    "engine", "winter", "island", "bridge", "doctor", "orchard", "singer", "violin", "river",
    "library", "grain", "mountain", "tunnel", "glass", "carpet", "village", "election", "budget",
    "judge", "painter", "railway", "lantern", "potato", "copper", "kitchen", "garden", "museum",
]  # fmt: skip
# topic -> what an article about it says, and the query of the watch that finds it
TOPICS = {
    "drones": ("two drones crossed", "drone"),
    "power": ("after a power cut", '"power cut"'),
    "glacier": ("a glacier above the lake", "glacier AND lake"),
    "ash": ("the volcano threw ash", "volcano NEAR/5 ash"),
    "comet": ("a bright comet", "comet OR meteor"),
}
_TOKEN = re.compile(r"tok\d{2,3}x\d{5}")
# a feed lists this many of its newest articles
LISTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article; its page and its entry are made from these values alone."""

    token: str
    headline: str
    paragraphs: tuple[str, ...]
    published_at: datetime
    topics: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return an address that looks like an article's on a section page, too."""
        return f"/{self.published_at:%Y/%m}/{self.headline.lower().replace(' ', '-')}.html"


def find_tokens(text: str) -> frozenset[str]:
    """Return the tokens of the articles that a text names."""
    return frozenset(_TOKEN.findall(text))


def make_article(source: int, number: int, *, seed: int, published_at: datetime) -> Article:
    """Return article ``number`` of a source; four in ten mention something watched."""
    rng = random.Random(f"{seed} {source} {number}")
    topics = rng.sample(sorted(TOPICS), rng.choices((0, 1, 2), (6, 3, 1))[0])
    token = f"tok{source:02d}x{number:05d}"
    headline = f"{_say(rng, 3).capitalize()} {token}"
    nearby = [f"Nearby {TOPICS[topic][0]} {_say(rng, 12)}." for topic in topics]
    plain = [f"{_say(rng, 35).capitalize()}." for _ in range(3)]
    return Article(
        token=token,
        headline=headline,
        paragraphs=(plain[0], *nearby, *plain[1:]),
        published_at=published_at,
        topics=tuple(topics),
    )


def _say(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count))


def write_page(article: Article) -> bytes:
    """Return an article's page."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in article.paragraphs)
    stated = article.published_at.isoformat()
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{article.headline}</title>'
        f'<meta property="article:published_time" content="{stated}"></head>'
        f"<body><article><h1>{article.headline}</h1>{text}</article></body></html>"
    ).encode()


def write_rss(url: str, articles: Sequence[Article]) -> bytes:
    """Return an RSS feed of articles under ``url``."""
    items = "".join(
        f"<item><title>{one.headline}</title><link>{url}{one.path}</link><guid>{url}{one.path}</guid>"
        f"<pubDate>{format_datetime(one.published_at)}</pubDate></item>"
        for one in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Outlet</title>'
        f"<link>{url}/</link><description>news</description>{items}</channel></rss>"
    ).encode()


def write_atom(url: str, articles: Sequence[Article]) -> bytes:
    """Return an Atom feed of articles under ``url``."""
    entries = "".join(
        f'<entry><title>{one.headline}</title><id>{url}{one.path}</id><link href="{url}{one.path}"/>'
        f"<published>{one.published_at.isoformat()}</published>"
        f"<updated>{one.published_at.isoformat()}</updated></entry>"
        for one in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Outlet</title>'
        f"<id>{url}/</id><updated>{_newest(articles)}</updated>{entries}</feed>"
    ).encode()


def write_json_feed(url: str, articles: Sequence[Article]) -> bytes:
    """Return a JSON Feed of articles under ``url``."""
    items = [
        {
            "id": f"{url}{one.path}",
            "url": f"{url}{one.path}",
            "title": one.headline,
            "date_published": one.published_at.isoformat(),
        }
        for one in articles
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Outlet", "items": items}).encode()


def write_sitemap(url: str, articles: Sequence[Article]) -> bytes:
    """Return a news sitemap of articles under ``url``."""
    urls = "".join(
        f"<url><loc>{url}{one.path}</loc><news:news><news:publication><news:name>Outlet</news:name>"
        "<news:language>en</news:language></news:publication>"
        f"<news:publication_date>{one.published_at.isoformat()}</news:publication_date>"
        f"<news:title>{one.headline}</news:title></news:news></url>"
        for one in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    ).encode()


def write_section(url: str, articles: Sequence[Article]) -> bytes:
    """Return a section page that links to articles under ``url``."""
    links = "".join(
        f'<li><a href="{url}{one.path}">{one.headline} and what the council says of it</a></li>'
        for one in articles
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>News</title></head>'
        f'<body><nav><a href="/about">About us</a></nav><main><ul>{links}</ul></main></body></html>'
    ).encode()


def write_home(_url: str, articles: Sequence[Article]) -> bytes:
    """Return a home page that names the outlet's feed."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Outlet</title>'
        '<link rel="alternate" type="application/rss+xml" href="/rss"></head>'
        f"<body><h1>Outlet</h1><p>{len(articles)} articles.</p></body></html>"
    ).encode()


def write_watched_page(_url: str, articles: Sequence[Article]) -> bytes:
    """Return a page that is a source itself: its text changes with each article and mentions nothing watched."""
    rng = random.Random(len(articles))
    lines = "".join(f"<p>{_say(rng, 30).capitalize()}.</p>" for _ in range(4))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Timetable of ferries</title></head>'
        f"<body><article><h1>Timetable of ferries</h1>{lines}</article></body></html>"
    ).encode()


def _newest(articles: Sequence[Article]) -> str:
    newest = max((one.published_at for one in articles), default=datetime.now(UTC))
    return newest.isoformat()
