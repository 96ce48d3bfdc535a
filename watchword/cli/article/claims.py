"""What ``watchword article understand`` and ``explain`` show beside an article: the claims of the page, and other readers."""

# imported where it is used: the libraries take a second to load.
# ruff: noqa: PLC0415
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from crawler.text.counts import write_count
from crawler.text.lines import plain
from watchword.cli.listings.tables import print_line

if TYPE_CHECKING:
    from crawler.extract.considered import Considered
    from crawler.model.article import Article, Page

# characters of a claim or a body that are shown; the rest becomes an ellipsis
_MOST_SHOWN = 120
Reading = dict[str, str | list[str] | None]


def print_claims(console: Console, field: str, considered: "tuple[Considered, ...]") -> None:
    """Print the claims for one field, each on lines of its own that fit the terminal."""
    for claim in considered:
        if claim.field == field:
            mark = "+" if claim.is_taken else "-"
            reason = f": {claim.reason}" if claim.reason else ""
            words = f"{mark} {claim.origin} \u201c{_short(claim.text)}\u201d{reason}"
            style = "" if claim.is_taken else "dim"
            print_line(console, Text(f"{'':13}{plain(words)}", style=style), indent=15)


def read_with_others(page: "Page", article: "Article") -> dict[str, Reading | None]:
    """Return what each library reads in a page, Watchword first; None for one that is not installed."""
    published = article.publication_date
    ours: Reading = {
        "headline": article.headline,
        "published": published.published_at.isoformat() if published else None,
        "by": list(article.byline.names) if article.byline else [],
        "body": article.body,
    }
    return {"Watchword": ours} | {
        name: read(page) if find_spec(module) else None for name, (module, read) in _READERS.items()
    }


def print_readings(console: Console, readings: Mapping[str, Reading | None]) -> None:
    """Print what each library reads, field by field."""
    for field in ("headline", "published", "by", "body"):
        console.print(Text(f"  {field}", style="bold"))
        for name, reading in readings.items():
            said = "not installed: pip install newspaper4k" if reading is None else _say(reading[field], field)  # fmt: skip
            print_line(console, Text(f"    {name:<12} {plain(said)}"), indent=17)
    console.print()


def _say(value: str | list[str] | None, field: str) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    if field == "body" and value:
        from crawler.extract.body.flash import count_words

        return f"{write_count(count_words(value), 'word')}: {_short(value)}"
    return _short(value) if value else "-"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN].rstrip()}\u2026"


def _read_with_trafilatura(page: "Page") -> Reading:
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(
        page.body.replace(b"\0", b""), url=page.url, include_comments=False, with_metadata=True
    )
    if not isinstance(found, Document):
        return {"headline": None, "published": None, "by": [], "body": None}
    names = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    return {"headline": found.title, "published": found.date, "by": names, "body": found.text}


def _read_with_newspaper(page: "Page") -> Reading:
    import newspaper

    from crawler.extract.documents.charset import decode_page

    article = newspaper.Article(page.url, fetch_images=False)
    try:
        article.download(input_html=decode_page(page.body, page.content_type))
        article.parse()
    except Exception:  # whatever a strange page makes of it: it is a comparison
        return {"headline": None, "published": None, "by": [], "body": None}
    published = article.publish_date
    return {
        "headline": article.title,
        "published": published.isoformat() if published else None,
        "by": list(article.authors),
        "body": article.text,
    }


_READERS: dict[str, tuple[str, Callable[["Page"], Reading]]] = {
    "trafilatura": ("trafilatura", _read_with_trafilatura),
    "newspaper4k": ("newspaper", _read_with_newspaper),
}
