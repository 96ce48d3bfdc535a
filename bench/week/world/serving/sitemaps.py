"""The sitemaps of sites. Pure functions."""

import gzip
from collections.abc import Sequence
from html import escape

from bench.week.servers.server import Response
from bench.week.world.serving.entries import Entry, write_lastmod

# small files, so that an index has several of them
CHILD_SIZE = 6
_CHILD_PATH = "/wp-sitemap-posts-post-"
# sitemaps of former years in an index, before the one with the newest pages
_ARCHIVED = 40


def write_news_sitemap(url: str, entries: Sequence[Entry]) -> bytes:
    """Return a news sitemap."""
    urls = "".join(
        f"<url><loc>{escape(one.link)}</loc><news:news><news:publication><news:name>Paper</news:name>"
        f"<news:language>en</news:language></news:publication><news:publication_date>{one.published_at.isoformat()}"
        f"</news:publication_date><news:title>{escape(one.title)}</news:title></news:news></url>"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    ).encode()


def write_sitemap(entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Return a sitemap, oldest first, as WordPress writes it; without dates if the kind has none."""
    dates = [write_lastmod(one, quirks) for one in reversed(entries)]
    urls = "".join(
        f"<url><loc>{escape(one.link)}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>"
        for one, date in zip(reversed(entries), dates, strict=True)
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    ).encode()
    return gzip.compress(body) if "gzip file" in quirks else body


def write_sitemap_index(url: str, child_count: int) -> bytes:
    """Return the index of such sitemaps, by number."""
    children = "".join(
        f"<sitemap><loc>{url}{_CHILD_PATH}{n + 1}.xml</loc></sitemap>" for n in range(child_count)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{children}</sitemapindex>'
    ).encode()


def answer_sitemaps(url: str, path: str, entries: Sequence[Entry], quirks: frozenset[str]) -> Response | None:  # fmt: skip
    """Return the index or one of its children; None for any other path."""
    oldest_first = list(reversed(entries))
    if "many children" in quirks:
        oldest_first = [*_archive(url, entries), *oldest_first]
    if path == "/wp-sitemap.xml":
        count = max(1, -(-len(oldest_first) // CHILD_SIZE))
        return Response(body=write_sitemap_index(url, count), content_type="text/xml")
    if path.startswith(_CHILD_PATH):
        number = int(path.removeprefix(_CHILD_PATH).partition(".")[0])
        part = oldest_first[(number - 1) * CHILD_SIZE : number * CHILD_SIZE]
        return Response(body=write_sitemap(part[::-1], quirks), content_type="text/xml")
    return None


def _archive(url: str, entries: Sequence[Entry]) -> list[Entry]:
    then = min((one.published_at for one in entries), default=None)
    if then is None:
        return []
    return [
        Entry(
            link=f"{url}/{2015 + n // 12}/{1 + n % 12:02d}/old-story-number-{n}/",
            guid=str(n),
            title=f"Old story number {n}",
            published_at=then,
            updated_at=then,
        )
        for n in range(_ARCHIVED)
    ]
