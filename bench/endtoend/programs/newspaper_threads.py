"""newspaper4k, which fetches and reads pages in threads: ``python -m bench.endtoend.programs.newspaper_threads FOLDER < FEEDS``.

Its top image is not looked for: it would be fetched from the paper's real server.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor, as_completed

import newspaper

from bench.endtoend.programs.rows import TIMEOUT_SECONDS, list_entries, read_task

# newspaper4k's documentation uses 3 to 10; more threads share the same interpreter lock
_THREADS = 10


def read(url: str) -> newspaper.Article:
    """Fetch and parse a page; raises ArticleException."""
    return newspaper.article(url, fetch_images=False, request_timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Read all entries of the feeds."""
    feeds, rows = read_task()
    with ThreadPoolExecutor(_THREADS) as threads:
        for done in as_completed([threads.submit(read, url) for url in list_entries(feeds)]):
            # a page it cannot read has no row
            with contextlib.suppress(Exception):
                article = done.result()
                rows.keep(article.url, article.title or "", article.text or "")


if __name__ == "__main__":
    main()
