"""news-please as a library, which reads a list of pages with as many processes as there are cores.

    python -m bench.endtoend.programs.news_please FOLDER < FEEDS

Its own crawler finds the feed of a site by the front page, which the sites here do not have. Images are not looked for: they
would be fetched from the paper's real server.
"""

from newsplease import NewsPlease

from bench.endtoend.programs.rows import TIMEOUT_SECONDS, list_entries, read_task

# it starts a thread for each page of a list, then its processes, and answers when all of them are read
_AT_ONCE = 32


def main() -> None:
    """Read all entries of the feeds, some at a time."""
    feeds, rows = read_task()
    urls = list(list_entries(feeds))
    for begin in range(0, len(urls), _AT_ONCE):
        found = NewsPlease.from_urls(
            urls[begin : begin + _AT_ONCE],
            request_args={"timeout": TIMEOUT_SECONDS},
            fetch_images=False,
        )
        for url, article in found.items():
            # a page it cannot read is an empty dict
            if article:
                rows.keep(url, article.title or "", article.maintext or "")


if __name__ == "__main__":
    main()
