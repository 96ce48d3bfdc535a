"""Loading what every parse worker needs. The fork server of the parse pool imports this module once.

Libraries load tables at their first call (languages, date patterns). Loaded before the fork, they are shared by all
workers, and no worker's first page waits for them (decision 019).
"""

from datetime import UTC, datetime

from crawler.extract.article import extract_article
from crawler.extract.feeds import feed
from crawler.extract.navigation import home_page, listing
from crawler.extract.sitemaps import sitemap
from crawler.model.article import Page
from crawler.text.web.urls import site_of

# the other modules that workers call; importing them is enough
LOADED = (feed, home_page, listing, sitemap)
# long enough to be an article, with a date written for people, so that each library is called once
_SENTENCE = (
    "The loading of tables takes a while, and it is better done before there is anything to read. "
)
_PAGE = (
    "<html><head><title>Warming up the presses</title></head><body><article><h1>Warming up the presses</h1>"
    f"<p>3 January 2020</p>{''.join(f'<p>{_SENTENCE * 3}</p>' for _ in range(4))}</article></body></html>"
)

extract_article(
    Page(
        url="https://example.org/warm",
        requested_url="https://example.org/warm",
        body=_PAGE.encode(),
        content_type="text/html",
        fetched_at=datetime(2020, 1, 4, tzinfo=UTC),
        visit_id=0,
        source_id=0,
        entry_id=0,
    )
)
# loads both forms of the public suffix list, with and without shared hosts such as github.io
site_of("https://example.org/warm")
