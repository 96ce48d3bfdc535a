"""OPML lists of other readers, and addresses as people paste them: each line is added, or named with the reason."""

from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.text.source_lists.opml import read_opml
from crawler.text.source_lists.pasted import read_pasted
from tests.fakes import FakeSite, Reply, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from tests.unit.cli.source.test_source_cli import Shell

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>t</title></head><body>'
)
TAIL = "</body></opml>"


def urls(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    return [item.url for item in read_opml(content).subscriptions]


def one(attributes: str) -> list[str]:
    return urls(f"{HEAD}<outline {attributes}/>{TAIL}")


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("feed://x.org/rss", "http://x.org/rss"),
        ("feed:https://x.org/rss", "https://x.org/rss"),
        ("feed:x.org/rss", "http://x.org/rss"),
        ("FEED://x.org/rss", "http://x.org/rss"),
        ("feed:feed://x.org/rss", "http://x.org/rss"),
        ("rss://x.org/rss", "http://x.org/rss"),
        ("itpc://x.org/cast", "http://x.org/cast"),
        ("podcast://x.org/cast", "http://x.org/cast"),
        ("x.org/rss", "https://x.org/rss"),
        ("//x.org/rss", "https://x.org/rss"),
        ("\n  https://x.org/\n rss\t", "https://x.org/ rss"),
        ("<https://x.org/rss>", "https://x.org/rss"),
        ("\u200bhttps://x.org/rss\ufeff", "https://x.org/rss"),
        ("http:/x.org/rss", "http://x.org/rss"),
        ("HTTPS://X.org/Rss", "https://X.org/Rss"),
        ("localhost:8000/rss", "https://localhost:8000/rss"),
        ("[::1]:8000/rss", "https://[::1]:8000/rss"),
        ("новости.рф/rss", "https://новости.рф/rss"),
        # a login is not sent in the clear where nobody wrote http
        ("feed://ada:secret@x.org/rss", "https://ada:secret@x.org/rss"),
        ("javascript:alert(1)", None),
        ("feed:javascript:alert(1)", None),
        ("mailto:ada@x.org", None),
        ("ftp://x.org/rss", None),
        ("file:///etc/passwd", None),
        ("feed:///etc/passwd", None),
        ("data:text/xml,<rss/>", None),
        ("news", None),
        ("", None),
        ("http://x.org:port/", None),
        ("http://x y/", None),
        ("feed:" * 1000, None),
        ("https://x.org/" + "a" * 5000, None),
    ],
)  # fmt: skip
def test_a_pasted_address_is_read_as_intended(pasted: str, meant: str | None) -> None:
    assert read_pasted(pasted) == meant


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ('xmlUrl="https://x.org/?a=1&b=2"', "https://x.org/?a=1&b=2"),
        ('xmlUrl="https://x.org/?a=1&amp;b=2"', "https://x.org/?a=1&b=2"),
        ('xmlUrl="https://x.org/?a=1&amp;amp;b=2"', "https://x.org/?a=1&b=2"),
        ('xmlUrl="https://x.org/?a=1&copy=2&lt=3"', "https://x.org/?a=1&copy=2&lt=3"),
        ('xmlUrl="https://x.org/?a=1&nosuch;b"', "https://x.org/?a=1&nosuch;b"),
        ('xmlUrl="https://x.org/?a=1&#38;b=2"', "https://x.org/?a=1&b=2"),
        ('xmlurl="https://x.org/lower"', "https://x.org/lower"),
        ('XMLURL="https://x.org/upper"', "https://x.org/upper"),
        ("text=bare xmlUrl=https://x.org/bare ", "https://x.org/bare"),
        ('text="&#0;" xmlUrl="https://x.org/it\'s"', "https://x.org/it's"),
        ("xmlUrl='https://x.org/single'", "https://x.org/single"),
        ('text="a < b" xmlUrl="https://x.org/less"', "https://x.org/less"),
        ('text="He said "no" there" xmlUrl="https://x.org/quotes"', "https://x.org/quotes"),
        ('text="caf&eacute; &nbsp;" xmlUrl="https://x.org/names"', "https://x.org/names"),
        ('text="\x01\x0b" xmlUrl="https://x.org/controls"', "https://x.org/controls"),
        ('text="" title="" xmlUrl="https://x.org/untitled"', "https://x.org/untitled"),
        ('type="rss" url="https://x.org/as-url"', "https://x.org/as-url"),
        ('type="rss" rssUrl="https://x.org/as-rss"', "https://x.org/as-rss"),
        ('type="link" url="https://x.org/page"', "https://x.org/page"),
    ],
)
def test_attributes_are_read_as_intended(attributes: str, found: str) -> None:
    assert one(attributes) == [found]


LINE = '<outline text="Zeitung für Zürich" xmlUrl="https://x.org/rss"/>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{HEAD}{LINE}{TAIL}".encode("utf-8-sig"), id="mark of UTF-8"),
        pytest.param(f"{HEAD.replace('UTF-8', 'UTF-16')}{LINE}{TAIL}".encode("utf-16"), id="UTF-16"),
        pytest.param(f"{HEAD}{LINE}{TAIL}".encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(f"{HEAD.replace('UTF-8', 'ISO-8859-1')}{LINE}{TAIL}".encode("latin-1"), id="latin-1"),
        pytest.param(f"{HEAD}{LINE}{TAIL}".encode("latin-1"), id="latin-1 that says UTF-8"),
        pytest.param(f"<opml version='1.0'>{LINE}</opml>".encode(), id="no body"),
        pytest.param(f"<OPML><BODY>{LINE}</BODY></OPML>".encode(), id="capitals"),
        pytest.param(f'<opml xmlns="http://opml.org/spec2"><body>{LINE}</body></opml>'.encode(), id="namespace"),
        pytest.param(f'<o:opml xmlns:o="urn:o"><o:body>{LINE}</o:body></o:opml>'.encode(), id="prefix"),
        pytest.param(f"\n\n  {HEAD}{LINE}{TAIL}".encode(), id="blanks before the declaration"),
        pytest.param(f"{HEAD}{LINE}".encode(), id="cut off"),
        pytest.param(LINE.encode(), id="a line alone"),
    ],
)  # fmt: skip
def test_files_of_any_program_are_read(content: bytes) -> None:
    (found,) = read_opml(content).subscriptions

    assert (found.title, found.url) == ("Zeitung für Zürich", "https://x.org/rss")


def test_nested_feeds_and_feeds_in_several_folders_are_all_read() -> None:
    text = (
        f'{HEAD}<outline text="outer" xmlUrl="https://x.org/1"><outline text="inner" xmlUrl="https://x.org/2"/></outline>'
        '<outline text="World"><outline text="one" xmlUrl="https://x.org/1"/>'
        '<outline title="Tom &amp;amp; Co"><outline text="c" xmlUrl="https://x.org/3" category="/a/b,c"/></outline></outline>'
        f'<!-- <outline text="left out by its owner" xmlUrl="https://x.org/4"/> -->{TAIL}'
    )

    found = {item.url: item.tags for item in read_opml(text.encode()).subscriptions}

    assert found == {
        "https://x.org/1": ("World",),
        "https://x.org/2": (),
        "https://x.org/3": ("World", "Tom & Co", "a", "b", "c"),
    }


def test_unusable_lines_are_named() -> None:
    text = (
        f'{HEAD}<outline text="script" xmlUrl="javascript:alert(1)"/><outline text="empty" xmlUrl=""/>'
        f'<outline text="secret" xmlUrl="ftp://ada:hidden@x.org/"/><outline type="rss" text="bare"/>'
        f'<outline text="a folder"/><outline type="vfolder" query="x" text="saved search"/>{TAIL}'
    )

    left_out = read_opml(text.encode()).left_out

    assert [(one.title, one.address) for one in left_out] == [
        ("script", "javascript:alert(1)"),
        ("empty", ""),
        ("secret", "ftp://x.org/"),
        ("bare", ""),
    ]


def test_a_list_that_a_list_includes_is_named() -> None:
    text = f'{HEAD}<outline type="include" text="More" url="http://x.example/more.opml"/>{TAIL}'

    (one,) = read_opml(text.encode()).left_out

    assert (one.title, one.address) == ("More", "http://x.example/more.opml")
    assert "another list" in one.reason


def test_a_list_nested_too_deeply_for_the_xml_parser_is_read() -> None:
    lines = (f'<outline text="{n}" xmlUrl="https://x.org/{n}">' for n in range(1000))

    assert len(urls(HEAD + "".join(lines))) == 1000


def test_entity_declarations_are_not_read() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{laughs}]>'
        '<opml><body><outline text="&l11;&f;" xmlUrl="https://x.org/rss?a=&l11;"/></body></opml>'
    )

    (found,) = read_opml(text.encode()).subscriptions

    assert found.title == "&l11;&f;"
    assert found.url == "https://x.org/rss?a=&l11;"


HOSTILE = ["<", "&", "&a", "<!--", "<outline ", '<outline xmlUrl="', "<outline>", "xmlUrl='", "&#38;", "]]>", "\x00<", "é"]  # fmt: skip


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_megabyte_of_anything_is_read_or_refused(sign: str) -> None:
    content = f"{HEAD}{sign * (1_000_000 // len(sign))}".encode()

    assert (
        len(read_opml(content).subscriptions) <= 1
    )  # a reader with quadratic time would take hours


@pytest.mark.parametrize("content", [b"", b"hello", b"<html><body>x</body>", b"\xff\xfe", b"{}"])
def test_other_documents_contain_no_sources(content: bytes) -> None:
    try:
        found = read_opml(content)
    except ValueError as error:
        assert str(error).startswith("the file is no")
    else:
        assert found.subscriptions == ()


def test_an_import_names_every_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "in.opml").write_text(
        f'{HEAD}<outline text="new" xmlUrl="feed://new.example/rss"/><outline text="bad" xmlUrl="ftp://bad.example/"/>'
        f'<outline text="mine" xmlUrl="http://www.courier.org/rss/"/><outline text="again" xmlUrl="https://new.example/rss"/>'
        f'<outline text="\u200b" xmlUrl="https://nameless.example/rss"/>{TAIL}'
    )

    output = shell.run("source", "import", str(tmp_path / "in.opml"))

    assert "added: new: http://new.example/rss" in output
    assert 'there already: mine: http://www.courier.org/rss/ is the source "courier"' in output
    assert 'there already: again: https://new.example/rss is the source "new"' in output
    assert 'left out: bad: "ftp://bad.example/": this is not a web address' in output
    assert "Added 2 of 5 sources; 2 were there already, 1 left out." in output
    known = load_config(shell.file, environ={}).sources
    assert [source.url for source in known][2:] == [
        "http://new.example/rss",
        "https://nameless.example/rss",
    ]


@pytest.mark.parametrize("pasted", ["feed://{host}/rss", "feed:http://{host}/rss", " http://{host}/rss\n"])  # fmt: skip
def test_pasted_addresses_are_added(site: FakeSite, tmp_path: Path, pasted: str) -> None:
    shell = Shell(tmp_path)
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    address = pasted.format(host=site.url.removeprefix("http://"))

    shell.run("source", "add", address, "--allow-private", "--name", "new")

    added = load_config(shell.file, environ={}).source_named("new")
    assert added is not None
    assert added.url == f"{site.url}/rss"


def test_a_configuration_may_contain_a_pasted_address() -> None:
    assert settings("feed://x.org/rss").url == "http://x.org/rss"
    with pytest.raises(ValueError, match="not a web address; write it in full"):
        settings("x.org/rss")


async def test_a_profile_page_leads_to_the_feed_its_head_names(
    site: FakeSite, tmp_path: Path
) -> None:
    """This holds whether the address is named as a feed or not, and wherever that feed is."""
    profile = "http://video.example/@harbour"
    head = (
        '<link rel="alternate" type="application/rss+xml" href="http://feeds.example/harbour.xml">'
    )
    site.pages[profile] = Reply(f"<html><head>{head}</head><body>videos</body></html>".encode())
    entry = f"<item><title>Drone film</title><link>{profile}/1</link></item>"
    site.pages["http://feeds.example/harbour.xml"] = Reply(
        f"<rss version='2.0'><channel><title>x</title>{entry}</channel></rss>".encode(),
        content_type="application/rss+xml",
    )
    facts = {"proxy": site.url, "allow_private": False, "backfill": "0s"}
    config = configure(
        tmp_path,
        settings(profile, name="as a feed", **facts),
        settings(f"{profile}#x", name="as it is", kind="auto", **facts),
    )

    await crawl(config)
    await crawl(config)

    assert rows(config, "SELECT DISTINCT health FROM sources") == [("ok",)]
    assert rows(config, "SELECT count(DISTINCT source_id) FROM entries") == [(2,)]
    note = rows(config, "SELECT note FROM visits WHERE source_id = 1 ORDER BY id LIMIT 1")[0][0]
    assert "http://feeds.example/harbour.xml" in str(note)


async def test_a_feed_address_that_shows_a_page_for_a_while_brings_no_news_of_other_feeds(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/harbour.xml", "/a")
    config = configure(tmp_path, settings(f"{site.url}/harbour.xml"))
    await crawl(config)
    head = '<link rel="alternate" type="application/rss+xml" href="/everything.xml">'
    site.pages["/harbour.xml"] = Reply(f"<html><head>{head}</head></html>".encode())
    site.put_feed("/everything.xml", "/b", "/c")

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM entries") == [(1,)]
    failure = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert failure.endswith(f"the page names the feed {site.url}/everything.xml")


def test_a_source_is_tried_by_its_name_with_its_settings(site: FakeSite, tmp_path: Path) -> None:
    feed = Reply(rss([(f"{site.url}/a", "")]))
    site.pages["/rss"] = lambda asked: feed if asked.headers.get("x-key") == "k" else Reply(status=403)  # fmt: skip
    site.put_article("/a", "Drones Again", PROSE, DRONES)
    shell = Shell(tmp_path)
    shell.file.write_text(
        shell.file.read_text()
        + f'[[source]]\nname = "my feed"\nurl = "{site.url}/rss"\nallow_private = true\nkind = "feed"\nheaders = {{ X-Key = "k" }}\n'
    )

    output = shell.run("source", "test", "my feed")

    assert f"feed {site.url}/rss (1 entry" in output
    assert "Drones Again" in output
