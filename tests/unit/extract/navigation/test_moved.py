"""Pages that only redirect to another one."""

from datetime import timedelta

import pytest

from crawler.extract.navigation.moved import find_moved, read_refresh

HERE = "http://x.org/a/b"
NEW = "http://x.org/new"


@pytest.mark.parametrize(
    ("content", "target", "seconds"),
    [
        ("0;url=/new", "/new", 0),
        ("5; URL='/new'", "/new", 5),
        ('0;URL="/new" ', "/new", 0),
        ("0,url=/new", "/new", 0),
        ("0 url = /new", "/new", 0),
        ("0; /new", "/new", 0),
        (";url=/new", "/new", 0),
        (".5;url=/new", "/new", 0),
        ("3.5; url=/a;b,c", "/a;b,c", 3),
        ("0;url='/it", "/it", 0),
        ("0;url=urlaub.html", "urlaub.html", 0),
        ("0;url=", None, 0),
        ("300", None, 0),
        ("soon; url=/new", None, 0),
        ("-1; url=/new", None, 0),
        ("", None, 0),
    ],
)
def test_a_refresh_is_read_as_browsers_read_it(
    content: str, target: str | None, seconds: int
) -> None:
    expected = None if target is None else (target, timedelta(seconds=seconds))

    assert read_refresh(content) == expected


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("<meta http-equiv='refresh' content='0;url=../new'>", NEW),
        ("<base href='/z/'><meta http-equiv=refresh content=0;url=new>", "http://x.org/z/new"),
        ("<meta http-equiv='refresh' content='0;url=//y.org/p?a=1&amp;b=2'>", "http://y.org/p?a=1&b=2"),
        ("<meta http-equiv='refresh' content='0;url=\\new'>", NEW),
        ("<meta http-equiv='refresh' content='0;url=/n&#10;ew'>", NEW),
        ("<script>top.location='http:\\/\\/y.org\\/x?a\\x3d1\\u0026b=2'</script>", "http://y.org/x?a=1&b=2"),
        ("<meta http-equiv='refresh' content='0;url=/new'><script>location='/js'</script>", NEW),
        ("<noscript><meta http-equiv='refresh' content='0;url=/no'></noscript><script>location='/new'</script>", NEW),
        ("\u0130\u0130<meta http-equiv='refresh' content='0;url=/\u0130'><SCRIPT>x</SCRIPT>", "http://x.org/\u0130"),
        ("<img alt='a > b'><meta content='0;url=/new' http-equiv='refresh'>", NEW),
        ("<meta http-equiv='refresh' content='0;url=/a/b#part'>", None),
        ("<meta http-equiv='refresh' content='0;url=http://[bad'>", None),
        ("<meta http-equiv='refresh' content='0;url=/1'><meta http-equiv='refresh' content='0;url=/2'>", None),
        ("<meta http-equiv='refresh' content='0;url=/new'>" + "word " * 100, None),
        ("<meta http-equiv='refresh' content='0;url=/new'>" + "\u65b0\u805e" * 100, None),
        ("<meta http-equiv='refresh' content='0;url=/new'>" + "<p>" * 2000, None),
        ("<textarea><meta http-equiv='refresh' content='0;url=/new'></textarea>", None),
        ("<script>document.write(\"<meta http-equiv='refresh' content='0;url=/new'>\")</script>", None),
        ("<script type='application/json'>location='/new'</script>", None),
        ("<script src='/a.js'>location='/new'</script>", None),
        ("<script>// location='/new'</script>", None),
        ("<script>/* location='/new' */</script>", None),
        ("<script>if (location == '/new') go()</script>", None),
        ("<script>var location = 'Berlin'</script>", None),
        ("<script>ok ? location='/new' : 0</script>", None),
        ("<script>" + "x();" * 2000 + "location='/new'</script>", None),
        ("<rss><item><![CDATA[<meta http-equiv='refresh' content='0;url=/new'>]]></item></rss>", None),
        ("{\"page\": \"<meta http-equiv='refresh' content='0;url=/new'>\"}", None),
    ],
)  # fmt: skip
def test_the_target_of_a_redirecting_page_is_found(page: str, target: str | None) -> None:
    found = find_moved(page.encode(), url=HERE)

    assert (found and found.url) == target


def test_bytes_that_are_not_utf_8_are_kept() -> None:
    page = b"<meta http-equiv='refresh' content='0;url=/caf\xe9'>"

    found = find_moved(page, url=HERE)

    assert found is not None
    assert found.url == "http://x.org/caf%E9"


def test_a_long_wait_or_another_scheme_is_not_a_redirect() -> None:
    pages = (b"11;url=/new", b"0;url=javascript:go()", b"10;url=/new")
    found = [
        find_moved(b"<meta http-equiv=refresh content='%s'>" % content, url=HERE)
        for content in pages
    ]

    assert [moved and moved.is_prompt for moved in found] == [False, False, True]


@pytest.mark.parametrize(
    "sign",
    ["<", "<!--", "<a '", "<a x=\"", "<script>", "location", "location='", "location='/x'\n", "window.",
     "<meta http-equiv=refresh content='0;", "\\", "\"", "'", " ", "&", "location='\\", "<noscript>", "?", "/*location='/x'"],
)  # fmt: skip
def test_a_hostile_page_is_read_in_one_pass(sign: str) -> None:
    page = ("<script>" + sign * (190_000 // len(sign)) + "refresh").encode()

    assert find_moved(page, url=HERE) is None
    assert find_moved(page.removeprefix(b"<script>"), url=HERE, refresh=sign * 100_000) is None


def test_an_empty_feed_leads_to_its_new_address() -> None:
    said = f"<itunes:new-feed-url>\n{NEW}</itunes:new-feed-url>"
    head = '<?xml version="1.0"?><rss version="2.0"><channel>'

    empty = find_moved(f"{head}{said}</channel></rss>".encode(), url=HERE)
    own = find_moved(f"{head}{said}</channel></rss>".encode(), url=NEW)
    full = find_moved(f"{head}{said}<item><title>D</title></item>".encode(), url=HERE)

    assert empty is not None
    assert (empty.url, empty.is_prompt) == (NEW, True)
    assert (own, full) == (None, None)


@pytest.mark.parametrize(
    ("refresh", "reloads"),
    [("0", True), ("10", True), (" 3 ; ", True), ("1..5", True), ("10.9", True), ("1.2.3,", True),
     ("11", False), ("999999999", False), ("9999999999", False), (".", False), ("", False), ("\u0663", False), ("soon", False)],
)  # fmt: skip
def test_a_refresh_without_address_loads_the_same_page_again(refresh: str, reloads: bool) -> None:
    """Sites that set a cookie first ask for themselves again; ``1..5`` ended the visit with a ValueError."""
    moved = find_moved(b"<p>.</p>", url=HERE, refresh=refresh, may_reload=True)

    assert (moved is not None and moved.url == HERE) is reloads
