"""What the demo promises: it notices what is missing, and says it."""

import tomllib
from importlib.resources import files

from crawler.storage.process.activity import Event
from watchword.demo.seen import Seen, write_missing


def note(seen: Seen, kind: str, text: str) -> bool:
    return seen.note(Event(kind=kind, source="x", text=text, detail="/x"), elapsed_seconds=9.5)


def test_the_demo_is_whole_once_every_promise_was_kept() -> None:
    seen = Seen()
    pages = files("watchword.demo") / "pages" / "articles.toml"
    headlines = [one["headline"] for one in tomllib.loads(pages.read_text())["article"]]
    library = next(one for one in headlines if "Library" in one)
    ferry = next(one for one in headlines if "Ferry" in one and "Night" in one)

    note(seen, "copy", "any")
    note(seen, "revised", library)
    note(seen, "revised", ferry)
    for headline in headlines:
        note(seen, "mailed", headline)

    assert seen.is_whole()
    assert seen.first_mail_seconds == 9.5


def test_what_is_missing_is_named() -> None:
    seen = Seen()
    for kind, text in (
        ("copy", "x"),
        ("revised", "Night Ferry"),
        ("mailed", "Saltmere"),
        ("mailed", "A Lighthouse"),
        ("mailed", "The Ferry"),
    ):
        note(seen, kind, text)

    assert write_missing(seen.list_missing()) == "the correction of the library story was not seen"
    assert write_missing(("a", "b", "c")) == "a, b and c were not seen"
