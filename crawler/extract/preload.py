"""Loading what every parse worker needs; imported once, by the fork server of the parse pool.

Libraries load tables at their first call (languages, date patterns). Loaded here, they are shared by all forked
workers, and the first page of a worker does not wait for them (decision 019).
"""

from datetime import UTC, datetime

from crawler.extract.article import extract_article
from crawler.extract.feeds import feed
from crawler.extract.navigation import home_page, listing
from crawler.extract.sitemaps import sitemap
from crawler.model.article import Page
from crawler.text.web.urls import site_of

# other modules that workers call; importing them is enough
LOADED = (feed, home_page, listing, sitemap)
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
# both forms of the public suffix list
site_of("https://example.org/warm")
