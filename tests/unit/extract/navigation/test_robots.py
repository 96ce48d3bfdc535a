"""What a robots.txt allows us, in any form and with any fault."""

from datetime import timedelta

import pytest

from crawler.extract.navigation.robots import LONGEST_CRAWL_DELAY, read_robots

ORIGIN = "https://x.org"


def test_our_own_rules_win_over_those_for_everyone() -> None:
    body = (
        "User-agent: *\nDisallow: /\n\nUser-agent: watchword\nDisallow: /private\nCrawl-delay: 3\n"
    )

    robots = read_robots(body, origin=ORIGIN, agent="Watchword")

    assert robots.allows("https://x.org/news")
    assert not robots.allows("https://x.org/private/x")
    assert robots.crawl_delay == timedelta(seconds=3)
    assert not read_robots(body, origin=ORIGIN, agent="Other").allows("https://x.org/news")


def test_the_longest_rule_wins_and_wildcards_count() -> None:
    body = "User-agent: *\nDisallow: /*?print=\nDisallow: /a/\nAllow: /a/news$\n"

    robots = read_robots(body, origin=ORIGIN, agent="Watchword")

    assert robots.allows("https://x.org/a/news")
    assert not robots.allows("https://x.org/a/other")
    assert not robots.allows("https://x.org/b?print=1")


@pytest.mark.parametrize("body", ["", "<html>not found</html>", "\x00\x01\x02", "Disallow"])
def test_a_file_without_rules_allows_everything(body: str) -> None:
    assert read_robots(body, origin=ORIGIN, agent="Watchword").allows("https://x.org/")


@pytest.mark.parametrize("sign", ["\x85", "\x0b", "\x0c", "\x1e", "\u2028"])
def test_only_line_ends_end_a_line(sign: str) -> None:
    body = f"# Wait{sign}Disallow: /\rUser-agent: *{sign}\r\nDisallow: /old{sign}er/\n"

    robots = read_robots(f"User-agent: *\n{body}", origin=ORIGIN, agent="Watchword")

    assert robots.allows("https://x.org/news")
    assert robots.allows("https://x.org/old")


def test_a_crawl_delay_of_a_day_is_ignored() -> None:
    robots = read_robots("User-agent: *\nCrawl-delay: 86400", origin=ORIGIN, agent="Watchword")

    assert robots.crawl_delay == LONGEST_CRAWL_DELAY


def test_sitemaps_are_listed_once_and_only_web_addresses() -> None:
    body = (
        "Sitemap: /a.xml\nSitemap: https://x.org/a.xml\nSitemap: file:///etc/passwd\n"
        + "\n".join(f"Sitemap: https://x.org/{n}.xml" for n in range(100))
    )

    robots = read_robots(body, origin=ORIGIN, agent="Watchword")

    assert robots.sitemaps[0] == "https://x.org/a.xml"
    assert len(robots.sitemaps) == len(set(robots.sitemaps)) == 20
