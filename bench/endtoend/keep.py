"""What keeping an article costs the database's thread, with its text analysed there and in the parse pool.

    python -m bench.endtoend.keep [--articles 300] [--watches 1000] [--data DIR ...]

Real articles of the corpora, the words of each paragraph shuffled, into a new database: the first half warms up and is not
counted. CPU time of one thread. What a worker does is done beforehand, and what it sends is unpickled within the time.
"""

import argparse
import pickle
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.endtoend.__main__ import DATA
from bench.endtoend.pages import Original, read_originals
from bench.endtoend.watches import choose_words
from crawler.config.schema import Config
from crawler.errors import WatchwordError
from crawler.extract.article import extract_article
from crawler.flows.news.ingest import keep_article
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import (
    Understood,
    sign_article,
    understand_text,
)
from crawler.flows.process.parse_pool.watches import WatchSet, put_in_force
from crawler.flows.process.rules import load_rules
from crawler.model.article import Article, Page
from crawler.storage.crawl.entries.pages import pack_body
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.fakes import START
from tests.newsroom import Newsroom

# as many as the sites of ``bench.endtoend``: boilerplate is counted by host
_HOSTS = 200


def read_articles(originals: Sequence[Original], count: int) -> list[tuple[bytes, Article]]:
    """Return articles with the pages they were read from, the words of each paragraph in another order."""
    chance, found = random.Random(5), list[tuple[bytes, Article]]()
    for original in originals:
        try:
            found.append((original.content, extract_article(make_page(original.content))))
        except WatchwordError:
            continue
    made = []
    for number in range(count):
        content, article = found[number % len(found)]
        paragraphs = [paragraph.split() for paragraph in article.body.split("\n\n")]
        for words in paragraphs:
            chance.shuffle(words)
        url = f"https://h{number % _HOSTS}.example.org/{number}"
        body = "\n\n".join(map(" ".join, paragraphs))
        made.append((content, replace(article, url=url, body=body)))
    return made


def make_page(content: bytes) -> Page:
    """Return a page with this content."""
    url = "https://example.org/a"
    return Page(url=url, requested_url=url, body=content, content_type="text/html", fetched_at=START, visit_id=0, source_id=0, entry_id=0)  # fmt: skip


def measure(
    articles: Sequence[tuple[bytes, Article]], queries: Sequence[str], *, in_pool: bool
) -> tuple[float, float]:
    """Return milliseconds and matches an article of the second half."""
    with tempfile.TemporaryDirectory() as name:
        config = Config.model_validate(
            {
                "store": {"path": Path(name) / "w.db"},
                "sources": [{"name": "courier", "url": "https://courier.org/rss", "kind": "feed"}],
                "watches": [{"name": f"w{number}", "query": query, "to": ["me@example.org"]} for number, query in enumerate(queries)],
            }
        )  # fmt: skip
        with closing(open_for_writing(config.store.path)) as connection:
            migrate(connection)
            apply_config(connection, config, now=START)
            connection.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z'")
            connection.commit()
            rules = load_rules(connection, config)
            room = Newsroom(connection, rules)
            visit = room.visits["courier"]
            source = get_source(connection, visit.source_id, config.sources[0], password="")
            put_in_force(pickle.dumps(WatchSet(rules.version, rules.index.list_watches())))
            read = partial(understand_text, source=source.name, scopes=source.scopes)
            seconds, warm, match_count = 0.0, len(articles) // 2, 0
            for number, (content, article) in enumerate(articles):
                page = replace(room.page(visit, article.url), body=content)
                sent = replace(read(article), packed=pack_body(page)) if in_pool else None
                packed = pickle.dumps(sent)
                before, began = _count_matches(room), time.thread_time()
                came: Understood | None = pickle.loads(packed)
                understood = came or sign_article(article)
                keep_article(connection, page, understood, source=source, rules=rules, now=START)
                if number >= warm:
                    seconds += time.thread_time() - began
                    match_count += _count_matches(room) - before
    counted = len(articles) - warm
    return seconds / counted * 1000, match_count / counted


def _count_matches(room: Newsroom) -> int:
    return room.count("matches")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--watches", type=int, nargs="+", default=[1000, 10])
    parser.add_argument("--data", type=Path, action="append", help="a folder of real pages")
    options = parser.parse_args()
    originals = read_originals(options.data or DATA)
    articles = read_articles(originals, options.articles)
    print("| watches | matches an article | analysed on the database's thread, ms | analysed in the pool, ms |\n| --- | --- | --- | --- |")  # fmt: skip
    for count in options.watches:
        queries = choose_words([one.body for one in originals], count).queries
        alone, matches = measure(articles, queries, in_pool=False)
        pooled, _ = measure(articles, queries, in_pool=True)
        print(f"| {count} | {matches:.1f} | {alone:.1f} | {pooled:.1f} |", flush=True)


if __name__ == "__main__":
    main()
