"""Addresses: the form that is requested, the form shown to people, and the form by which articles are told apart."""

import pytest

from crawler.text.web.urls import (
    absolute_url,
    article_key,
    canonical_url,
    digest_key,
    distinguish_addresses,
)

HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "url",
    [
        "https://www.x.org:443/a/b/",
        "http://X.ORG./a/%62",
        "http://x.org/a/./c/../b",
        "http://x.org//a//b",
        "http://m.x.org/a/b/index.html",
        "http://x.org/a/b/Default.aspx",
        "http://x.org/a/b?utm_source=x&fbclid=9",
        "http://x.org/a/b;jsessionid=AAFF.node1?PHPSESSID=123",
        "http://x.org/(S(abcdefgh12345))/a/b",
        "http://x.org/%28S%28abcdefgh12345%29%29/a/b",
        "http://u:p@x.org/a/b#c",
        "http://x.org/a/b?ref=rss",
        "http://x.org/a/b?ref=news.ycombinator.com",
        "http://x.org/a/b?CFID=12&CFTOKEN=99",
        "http://x.org/a/b?utm_source=x",
        "http://x.org/a/b?ASPSESSIONIDQWERTY=ABC&osCsid=1&zenid=a",
    ],
)
def test_spellings_sessions_and_referrals_make_one_address(url: str) -> None:
    assert article_key(url) == "x.org/a/b"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://x.org/f?ref=1041", "http://x.org/f?ref=1042"),
        ("http://x.org/f.php?ref=rss", "http://x.org/f.php?ref=mail"),
        ("http://x.org/f?sid=26/11/01", "http://x.org/f?sid=26/11/02"),
        (f"http://x.org/f.php?sid={HEX}", f"http://x.org/f.php?sid=f{HEX[1:]}"),
        ("http://x.org/read?ref=ferry", "http://x.org/read?ref=pilot"),
        ("http://x.org/caf%E9", "http://x.org/caf%E8"),
        ("http://x.org/?q=%E9", "http://x.org/?q=%E8"),
        ("http://x.org/a%2Fb", "http://x.org/a/b"),
        ("http://x.org/n?pk_id=4", "http://x.org/n?pk_id=5"),
    ],
)
def test_a_parameter_that_may_name_an_article_is_kept(one: str, other: str) -> None:
    assert article_key(one) != article_key(other)


def test_a_session_is_ignored_beside_a_parameter_that_names_the_article() -> None:
    assert article_key(f"http://x.org/r?id=7&s={HEX}") == article_key("http://x.org/r?id=7")
    assert article_key("http://x.org/caf\u00e9") == article_key("http://x.org/caf%c3%a9")
    assert article_key("http://b\u00fccher.example/x") == article_key(
        "http://xn--bcher-kva.example/x"
    )


@pytest.mark.parametrize("query", ["_=1769900001234", "rnd=0.73512345", "nocache=1769900001"])
def test_cache_busting_parameters_are_ignored(query: str) -> None:
    assert article_key(f"http://x.org/ferry-at-pier?{query}") == "x.org/ferry-at-pier"
    assert article_key(f"http://x.org/read.php?{query}") == f"x.org/read.php?{query}"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("http://x.org/a/./b/../c", "http://x.org/a/c"),
        ("http://x.org/../../a?u=/../b", "http://x.org/a?u=/../b"),
        ("http://x.org/a/b/..", "http://x.org/a/"),
        ("http://x.org/.well-known/...", "http://x.org/.well-known/..."),
    ],
)
def test_dots_in_a_path_are_resolved_as_browsers_do(link: str, url: str) -> None:
    assert absolute_url(link, base="http://x.org/") == url


def test_two_entries_of_one_visit_never_become_one_by_a_doubtful_parameter() -> None:
    first, second, other = (f"http://x.org/a?ref={word}" for word in ("rss", "mail", "feed"))

    keys = distinguish_addresses([first, second, "http://x.org/b?ref=rss"])
    later = distinguish_addresses([second], seen_keys={digest_key(keys[second])})

    assert keys[first] != keys[second]
    assert keys["http://x.org/b?ref=rss"] == "x.org/b"
    assert later[second] == keys[second]
    assert distinguish_addresses([other])[other] == "x.org/a"


def test_the_stored_address_requests_the_same_page_as_the_announced_one() -> None:
    assert canonical_url("http://x.org/a b?q=%E9&utm_source=a&x=a+b#f") == "http://x.org/a%20b?q=%E9&x=a+b"  # fmt: skip
    assert canonical_url("http://x.org/%E9?ref=rss") == "http://x.org/%E9?ref=rss"
    assert canonical_url("http://user:secret@x.org/") == "http://x.org/"
    assert canonical_url("http://x.org/\ud800") is None


def test_links_resolve_as_in_browsers() -> None:
    assert absolute_url("\\a\\b?c\\d", base="http://x.org/") == "http://x.org/a/b?c\\d"
    assert absolute_url("http:///x.org/a", base="http://y.org/") == "http://x.org/a"


@pytest.mark.parametrize("sign", ["%", "&", "=", "(S(", "/", "a", "0", "..", "/../", ";sid=", "&ref=", "+", "\u00e9", "-"])  # fmt: skip
def test_the_longest_address_of_one_character_has_a_key(sign: str) -> None:
    assert article_key("http://x.org/" + (sign * 2000)[:1900])
    assert article_key("http://x.org/?" + (sign * 2000)[:1900])
