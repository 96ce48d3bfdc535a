from urllib.parse import quote

import pytest

from crawler.text.lines import clean_line, strip_markup
from crawler.text.normalize import tokenize
from crawler.text.web.urls import (
    absolute_url,
    article_key,
    canonical_url,
    is_same_site,
    registrable_domain,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/a?utm_source=rss&utm_medium=y",
        "https://x.example:443/a",
        "https://x.example/a#comments",
        "https://X.example/a?fbclid=1",
    ],
)
def test_one_article_has_one_address(url: str) -> None:
    assert canonical_url(url) == "https://x.example/a"


def test_a_parameter_that_names_the_article_stays() -> None:
    url = "http://127.0.0.1:8000/essay.php?eid=17&cid=3"

    assert canonical_url(url) == url


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "javascript:x", "http://", "http://[", "x" * 3000, ""]
)
def test_other_than_web_addresses_have_no_canonical_form(url: str) -> None:
    assert canonical_url(url) is None


@pytest.mark.parametrize(
    "url",
    ["https://./", "https://x.example\x17/", 'https://x.example/"' + '"' * 700, "https://\u2028/"],
    ids=[
        "a host of dots",
        "controls in a host",
        "too long once it is escaped",
        "a host of a line separator",
    ],
)
def test_an_address_that_could_not_be_read_again_has_no_canonical_form(url: str) -> None:
    assert canonical_url(url) is None


def test_what_would_break_or_turn_a_line_is_escaped() -> None:
    url = "https://x.example/a\u2028b\x85c\u202ed"

    assert canonical_url(url) == "https://x.example/a%E2%80%A8b%C2%85c%E2%80%AEd"


def test_no_blank_of_any_script_ends_an_address_before_its_end() -> None:
    blanks = [chr(code) for code in range(0x3001) if chr(code).isspace()]
    # Python's urlsplit takes these three out, as browsers do
    blanks = [sign for sign in blanks if sign not in "\t\n\r"]

    for sign in blanks:
        plain = canonical_url(f"https://x.example/a{sign}b?c={sign}d")
        assert plain == f"https://x.example/a{quote(sign)}b?c={quote(sign)}d"
        assert canonical_url(f"https://x.exa{sign}mple/") is None


def test_an_address_escaped_twice_has_the_key_of_its_canonical_form() -> None:
    url = "https://x.example/a?utm_source=rss&amp;id=7"

    assert article_key(url) == article_key(canonical_url(url) or "") == "x.example/a?id=7"


def test_a_site_is_its_registrable_domain() -> None:
    assert registrable_domain("https://feeds.news.co.uk/x") == "news.co.uk"
    assert registrable_domain("http://127.0.0.1:99/") == "127.0.0.1"
    assert is_same_site("https://a.x.org/", "http://b.x.org/y")
    assert not is_same_site("https://x.org/", "https://x.com/")


def test_links_resolve_to_web_addresses_only() -> None:
    assert absolute_url("../b", base="https://x.org/a/c") == "https://x.org/b"
    assert absolute_url("mailto:x@y.z", base="https://x.org/") is None


# browsers do the same with each of them: https://url.spec.whatwg.org/#concept-basic-url-parser
@pytest.mark.parametrize(
    "link",
    [
        "http\t://x.org/ab",
        "ht\r\ntp://x.org/ab",
        "http:/\n/x.org/ab",
        "\x01 http://x.org/ab",
        "http://x.org/ab\x1f\n",
        "http\t:///x.org/ab",
        "http:\\\t\\x.org/ab",
        "http://x.o\trg/a\nb",
        "\u3000http://x.org/ab\u2003",
        "HTTP://x.org/ab",
        "http://x.org/c/.\t./ab",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_link_that_is_broken_in_lines_is_whole_again(link: str, scheme: str) -> None:
    assert absolute_url(link, base=f"{scheme}://y.org/") == "http://x.org/ab"


def test_lines_are_cleaned() -> None:
    assert clean_line("a\r\nb\x00c\u202ed") == "a b c d"
    assert len(clean_line("x" * 10_000)) == 500
    assert strip_markup("<p>a<script>evil()</script>&amp;b</p>") == "a &b"


def test_tokens_ignore_how_a_text_is_typed() -> None:
    assert tokenize("\u201cDon\u2019t\u201d&nbsp;STOP\u200b\u00ad, now") == tokenize(
        "'don't' stop now"
    )
    assert tokenize("\u65e0\u4eba\u673a") == ("\u65e0", "\u4eba", "\u673a")


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://\u0430pple.com/x", "https://xn--pple-43d.com/x"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com/", "https://xn--80ak6aa92e.com/"),
        ("https://x.example/a\u202egnp.exe", "https://x.example/a%E2%80%AEgnp.exe"),
        ("https://x.example/?q=\u2066a", "https://x.example/?q=%E2%81%A6a"),
        ("https://a\u202eb.example/", None),
    ],
)
def test_no_stored_address_looks_like_another(url: str, stored: str | None) -> None:
    assert canonical_url(url) == stored
