"""Sitemaps of every kind: news, index, text, compressed, damaged, hostile."""

import gzip
from datetime import UTC, datetime

import pytest

from crawler.errors import NotAFeed
from crawler.extract.sitemaps.sitemap import parse_sitemap
from crawler.extract.sitemaps.sitemap_choice import order_children
from crawler.model.source import Sitemap
from tests.fakes import START

NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://x.org/older</loc><lastmod>2026-11-20</lastmod></url>
<url><image:image><image:loc>https://x.org/picture.jpg</image:loc></image:image>
  <news:news><news:publication><news:name>X</news:name></news:publication>
  <news:publication_date>2026-11-23T09:30:00+01:00</news:publication_date><news:title>Drones &amp; ferries</news:title>
  </news:news><loc> https://x.org/newer </loc></url>
</urlset>"""


def parse(body: bytes, *, max_entries: int = 100, max_bytes: int = 10_000_000) -> Sitemap:
    return parse_sitemap(
        body,
        url="https://x.org/map/sitemap.xml",
        fetched_at=START,
        max_entries=max_entries,
        max_bytes=max_bytes,
    )


def test_the_date_a_site_was_built_is_not_an_articles_date() -> None:
    urls = [
        f"<url><loc>/{number}</loc><lastmod>2026-11-24T09:0{number % 9}:30Z</lastmod></url>"
        for number in range(60)
    ]
    own = "<url><loc>/own</loc><lastmod>2026-11-20</lastmod></url>"

    built = parse(f"<urlset>{''.join(urls)}{own}</urlset>".encode())
    few = parse(f"<urlset>{''.join(urls[:40])}{own}</urlset>".encode())

    assert [entry.url for entry in built.entries if entry.stated_at] == ["https://x.org/own"]
    assert all(entry.stated_at for entry in few.entries)


def test_a_news_sitemap_has_titles_and_dates_newest_first() -> None:
    found = parse(NEWS.encode())

    assert [entry.url for entry in found.entries] == ["https://x.org/newer", "https://x.org/older"]
    assert found.entries[0].title == "Drones & ferries"
    assert found.entries[0].stated_at == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    assert found.is_news


def test_a_compressed_sitemap_is_unpacked_up_to_the_limit() -> None:
    assert parse(gzip.compress(NEWS.encode())).entries == parse(NEWS.encode()).entries
    with pytest.raises(NotAFeed, match="larger than"):
        parse(gzip.compress(b" " * 5_000_000), max_bytes=1_000_000)
    with pytest.raises(NotAFeed, match="cannot be unpacked"):
        parse(b"\x1f\x8b broken")


def test_a_text_sitemap_is_a_list_of_addresses() -> None:
    found = parse(b"https://x.org/a\r\nhttps://x.org/b\nfile:///etc/passwd\n\n")

    assert [entry.url for entry in found.entries] == ["https://x.org/a", "https://x.org/b"]


def test_an_index_puts_news_sitemaps_first_then_those_changed_last() -> None:
    names = (("a", "2026-11-01"), ("b", "2026-11-20"), ("news", "2020-01-01"))
    children = "".join(
        f"<sitemap><loc>/{name}.xml</loc><lastmod>{day}</lastmod></sitemap>" for name, day in names
    )

    found = parse(f"<sitemapindex>{children}</sitemapindex>".encode())

    assert found.is_index
    assert order_children(found.children, brought={}) == (
        "https://x.org/news.xml",
        "https://x.org/b.xml",
        "https://x.org/a.xml",
    )


def test_the_limit_keeps_the_newest_and_counts_the_rest() -> None:
    found = parse(NEWS.encode(), max_entries=1)

    assert [entry.url for entry in found.entries] == ["https://x.org/newer"]
    assert found.cut_count == 1


def test_entries_before_the_damage_are_read() -> None:
    broken = NEWS.encode().replace(
        b"<url><image", b"<url><loc>https://x.org/bad</loc></u\x00rl><image"
    )

    assert "https://x.org/older" in [entry.url for entry in parse(broken).entries]


@pytest.mark.parametrize("body", [b"", b"<html><body>404</body></html>", b"\x89PNG", b"not xml"])
def test_what_is_no_sitemap_says_so(body: bytes) -> None:
    with pytest.raises(NotAFeed, match="not a sitemap"):
        parse(body)


def test_entities_read_no_file_and_are_not_expanded() -> None:
    secret = b'<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>https://x.org/&x;</loc></url></urlset>'
    bomb = b'<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><urlset><url><loc>https://x.org/&b;&b;</loc></url></urlset>'

    assert all("root" not in entry.url for entry in parse(secret).entries)
    assert all(len(entry.url) < 200 for entry in parse(bomb).entries)


def test_half_a_surrogate_in_an_entity_ends_no_sitemap() -> None:
    found = parse(
        b'<urlset xmlns="&#xD800;x"><url><loc>https://x.org/&#55296;a</loc></url></urlset>'
    )

    assert [entry.url for entry in found.entries] == ["https://x.org/a"]
