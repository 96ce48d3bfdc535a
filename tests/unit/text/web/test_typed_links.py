"""Links in feeds and sitemaps as people type them."""

import pytest

from crawler.text.web.typed_links import read_typed_link

BASE = "https://news.x.org/feeds/rss.xml"


@pytest.mark.parametrize(
    ("link", "meant"),
    [
        ("www.x.org/a/1", "https://www.x.org/a/1"),
        ("www.other.example/a?b=1", "https://www.other.example/a?b=1"),
        ("news.x.org/a", "https://news.x.org/a"),
        ("x.org", "https://x.org"),
        ("http:/x.org/a", "http://x.org/a"),
        ("http:x.org/a", "http://x.org/a"),
        ("https//x.org:8080/a", "https://x.org:8080/a"),
        ("http://http://x.org/a", "http://x.org/a"),
        ("http://https//x.org/a", "https://x.org/a"),
        ("www.\r\n\tx.org/a", "https://www.x.org/a"),
        ("htt\tp//x.org/a", "http://x.org/a"),
        ("HTTP:/x.org/a", "http://x.org/a"),
    ],
)
def test_a_link_leads_to_the_host_it_names(link: str, meant: str) -> None:
    assert read_typed_link(link, base=BASE) == meant


@pytest.mark.parametrize(
    ("link", "meant"),
    [
        ("/a", "https://news.x.org/a"),
        ("a.html", "https://news.x.org/feeds/a.html"),
        ("www/a", "https://news.x.org/feeds/www/a"),
        ("2026.11/a", "https://news.x.org/feeds/2026.11/a"),
        ("//y.org/a", "https://y.org/a"),
        ("https://y.org/go/http://x.org/a", "https://y.org/go/http://x.org/a"),
        ("http://y.org/?u=http://x.org/a", "http://y.org/?u=http://x.org/a"),
        ("mailto:www.x.org", None),
    ],
)
def test_a_sound_link_is_resolved_as_browsers_do(link: str, meant: str | None) -> None:
    assert read_typed_link(link, base=BASE) == meant
