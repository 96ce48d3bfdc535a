"""Which cookies of a chain of redirects are sent to which address."""

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.middlewares.cookies import ChainCookies, merge_cookies


def walk(start: str, lines: list[str], then: str, own: str = "") -> str:
    """Return the Cookie header for a second address of a chain, after an answer at the first that set cookies."""
    cookies = ChainCookies()
    first = Request(start, headers={"Cookie": own} if own else {})
    cookies.process_request(first)
    cookies.process_response(first, Response(start, headers={"Set-Cookie": lines}))
    second = first.replace(url=then)
    cookies.process_request(second)
    return (second.headers.get("Cookie") or b"").decode("latin-1")


S, H = "https://www.paper.co.uk/a/b", "http://www.paper.co.uk/a/b"


@pytest.mark.parametrize(
    ("start", "line", "then", "sent"),
    [
        (S, "a=1", S, "a=1"),
        (S, "a=1", "https://www.paper.co.uk/a/c", "a=1"),
        (S, "a=1", "https://www.paper.co.uk/z", ""),
        (S, "a=1; Path=/", "https://www.paper.co.uk:8443/z", "a=1"),
        (S, "a=1; Path=/", "https://paper.co.uk/", ""),
        (S, "a=1; Path=/", "https://x.www.paper.co.uk/", ""),
        (S, "a=1; Path=/; Domain=paper.co.uk", "https://m.paper.co.uk/", "a=1"),
        (S, "a=1; Path=/; Domain=.paper.co.uk", "https://paper.co.uk/", "a=1"),
        (S, "a=1; Path=/; Domain=co.uk", "https://other.co.uk/", ""),
        (S, "a=1; Path=/; Domain=other.example", "https://other.example/", ""),
        ("https://a.github.io/", "a=1; Domain=github.io", "https://b.github.io/", ""),
        ("https://a.blogspot.com/", "a=1; Domain=blogspot.com", "https://b.blogspot.com/", ""),
        (S, "a=1; Path=/; Secure", H, ""),
        (H, "a=1; Path=/; Secure", S, ""),
        (H, "a=1; Path=/", S, "a=1"),
        (S, "__Secure-a=1; Path=/", S, ""),
        (S, "__Secure-a=1; Path=/; Secure", S, "__Secure-a=1"),
        (S, "__Host-a=1; Path=/; Secure; Domain=paper.co.uk", S, ""),
        (S, "__Host-a=1; Path=/; Secure", S, "__Host-a=1"),
        (S, "a=1; Max-Age=0", S, ""),
        (S, "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", S, ""),
        (S, "a=1; HttpOnly; SameSite=Strict; Partitioned", S, "a=1"),
        (S, 'a="x y"', S, 'a="x y"'),
        (S, "a=1\x01", S, ""),
        ("http://[::1]:8000/", "a=1", "http://[::1]:8000/x", "a=1"),
        ("http://127.0.0.1:8000/", "a=1", "http://127.0.0.1:8000/x", "a=1"),
        ("http://127.0.0.1:8000/", "a=1; Domain=0.0.1", "http://127.0.0.1:8000/x", ""),
        ("http://intranet/", "a=1", "http://intranet/x", "a=1"),
        ("http://xn--mnchen-3ya.de/", "a=1", "http://xn--mnchen-3ya.de/x", "a=1"),
        (S, "a=" + "x" * 5000, S, ""),
        (S, "; ;;=;", S, ""),
    ],
)  # fmt: skip
def test_a_cookie_goes_where_a_browser_sends_it(
    start: str, line: str, then: str, sent: str
) -> None:
    assert walk(start, [line], then) == sent


def test_cookies_of_the_chain_are_removed_before_a_redirect_is_made() -> None:
    cookies = ChainCookies()
    first = Request(S, headers={"Cookie": "own=1"})
    cookies.process_request(first)
    cookies.process_response(first, Response(S, headers={"Set-Cookie": "lent=1"}))
    second = first.replace(url=S)
    cookies.process_request(second)
    during = second.headers.getlist("Cookie")

    cookies.process_response(second, Response(S))

    assert during == [b"own=1; lent=1"]
    assert second.headers.getlist("Cookie") == [b"own=1"]


def test_a_later_cookie_of_the_same_name_replaces_the_configured_one() -> None:
    assert merge_cookies([b"a=1; b=2; c"], [b"b=3; d=4"]) == b"a=1; c; b=3; d=4"
    assert merge_cookies([], []) == b""


def test_a_cookie_is_deleted_at_once_when_the_site_revokes_it() -> None:
    cookies = ChainCookies()
    first = Request(S)
    cookies.process_response(first, Response(S, headers={"Set-Cookie": ["a=1", "b=2"]}))
    second = first.replace(url=S)
    cookies.process_request(second)
    cookies.process_response(second, Response(S, headers={"Set-Cookie": ["a=; Max-Age=0"]}))
    third = second.replace(url=S)

    cookies.process_request(third)

    assert third.headers.getlist("Cookie") == [b"b=2"]


@pytest.mark.parametrize("sign", [";", "=", '"', "\\", " ", ",", "; Expires=", "a=b; ", "; Path=/", "\t"])  # fmt: skip
def test_a_hostile_cookie_costs_little(sign: str) -> None:
    lines = [f"a{number}={sign * (5000 // len(sign))}; Expires= {' ' * 500}1" for number in range(60)]  # fmt: skip

    assert len(walk(S, lines, S)) < 20_000
