"""Pages of invented articles, as long as real ones and as hard to compress."""

import random
from datetime import datetime
from itertools import islice

from bench.growth.archive.settings import SOURCES
from bench.growth.archive.texts import Press, write_page
from crawler.model.article import Article, Page
from crawler.model.source import Source
from crawler.model.visit import WaitingEntry

# articles of a round: one of each source
A_ROUND = SOURCES
MOST_WORDS = 600
# of 127 real pages of 176 kB, 34.7 kB each as compressed (storage/crawl/entries/pages.py)
_LINES, _LINES_OF_A_PAGE = 20_000, 1_500
# those of the archive begin at 0
_FIRST = 20_000_000


def source_of(number: int) -> tuple[str, str]:
    """Return the source of an article and the host of its address: one source after another, each a domain."""
    return f"s{number % SOURCES}", f"n{number % SOURCES}.example"


class Pages:
    """Makes articles, none twice, and their pages."""

    def __init__(self, press: Press, count: int) -> None:
        self._articles = (made.article for made in press.make(_FIRST, count, source_of=source_of))
        chance = random.Random(11)
        self._lines = tuple(_make_line(chance) for _ in range(_LINES))
        self._chance = chance

    def make_articles(self, count: int) -> dict[str, list[Article]]:
        """Return the next articles, by the name of their source."""
        made = dict[str, list[Article]]()
        for article in islice(self._articles, count):
            number = int(article.url.rpartition("/")[2].partition("-")[0])
            made.setdefault(source_of(number)[0], []).append(article)
        return made

    def make_body(self, article: Article) -> bytes:
        """Return the page of an article: its text amid 180 kB of menu."""
        start = self._chance.randrange(_LINES - _LINES_OF_A_PAGE)
        menu = "".join(self._lines[start : start + _LINES_OF_A_PAGE])
        return write_page(article, nav=f"<ul>{menu}</ul>")


def make_page(body: bytes, entry: WaitingEntry, source: Source, *, visit_id: int, now: datetime) -> Page:  # fmt: skip
    """Return the page of an entry as it is fetched."""
    return Page(url=entry.url, requested_url=entry.url, body=body, content_type="text/html", fetched_at=now, visit_id=visit_id, source_id=source.id, entry_id=entry.id, settings=source.page_settings)  # fmt: skip


def _make_line(chance: random.Random) -> str:
    word, path = f"{chance.getrandbits(32):08x}", f"{chance.getrandbits(64):016x}"
    return f'<li class="menu-item menu-item-{word}"><a class="menu-link" href="/section/{path}/">Section {word}</a></li>\n'
