"""What reading the pages costs by itself, in one process: ``python -m bench.endtoend.alone FOLDER < QUERIES``.

Prints CPU milliseconds a page of extraction, and of all else that a worker of the parse pool does with it: what it is compared
by, keys, matches, snippets, compression.
"""

import pickle
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import crawler.extract.preload  # noqa: F401  # as in the parse pool
from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.flows.process.parse_pool.understanding import understand_text
from crawler.flows.process.parse_pool.watches import WatchSet, put_in_force
from crawler.model.article import Page
from crawler.model.watch import Watch
from crawler.storage.crawl.entries.pages import pack_body

# pages that are read first and not counted
_WARM = 20
_SCOPES = frozenset({"s0"})


def measure(folder: Path, queries: list[str]) -> tuple[float, float]:
    """Return CPU milliseconds a page of extraction, and of the rest."""
    watches = tuple(Watch(id=number, name=f"w{number}", query=query) for number, query in enumerate(queries, start=1))  # fmt: skip
    put_in_force(pickle.dumps(WatchSet(1, watches)))
    extraction, rest, files = 0.0, 0.0, sorted(folder.glob("*/*.html"))
    for number, file in enumerate(files):
        url = f"http://{file.parent.name}.example.org/{file.name}"
        page = Page(
            url=url, requested_url=url, body=file.read_bytes(), content_type="text/html", fetched_at=datetime.now(UTC),
            visit_id=0, source_id=0, entry_id=0,
        )  # fmt: skip
        began = time.process_time()
        try:
            article = extract_article(page)
        except NotAnArticle:
            article = None
        extracted = time.process_time()
        if article is not None:
            understand_text(article, source="s0", scopes=_SCOPES)
            pack_body(page)
        if number >= _WARM:
            extraction += extracted - began
            rest += time.process_time() - extracted
    counted = len(files) - _WARM
    return extraction / counted * 1000, rest / counted * 1000


if __name__ == "__main__":
    print(*measure(Path(sys.argv[1]), sys.stdin.read().splitlines()))
