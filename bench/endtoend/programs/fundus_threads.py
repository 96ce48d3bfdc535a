"""fundus, with a thread for each site: ``python -m bench.endtoend.programs.fundus_threads FOLDER < FEEDS``.

fundus reads the papers that somebody wrote a parser for. Here all sites have the same one, as short as its tutorial: every
paragraph below ``article``, or every paragraph of the page, with title, authors and date from what the page states. The cost
is that of fundus; the texts are not as good as with a parser for each paper.
"""

# ruff: noqa: UP045  # fundus does not know X | None
from datetime import datetime
from typing import Optional
from urllib.parse import urlsplit

from fundus import Crawler, RSSFeed
from fundus.parser import ArticleBody, BaseParser, ParserProxy, attribute
from fundus.parser.utility import (
    extract_article_body_with_selector,
    generic_author_parsing,
    generic_date_parsing,
)
from fundus.publishers.base_objects import Publisher
from lxml.etree import XPath

from bench.endtoend.programs.rows import read_task


class AnyPaper(ParserProxy):
    """The parser of every site."""

    class V1(BaseParser):
        """Its only version."""

        _of_article, _of_page = XPath("//article//p"), XPath("//p")

        @attribute
        def body(self) -> Optional[ArticleBody]:
            page = self.precomputed.doc
            found = self._of_article if self._of_article(page) else self._of_page
            return extract_article_body_with_selector(page, paragraph_selector=found)

        @attribute
        def title(self) -> Optional[str]:
            title = self.precomputed.meta.get("og:title")
            return title or self.precomputed.ld.bf_search("headline")

        @attribute
        def authors(self) -> list[str]:
            return generic_author_parsing(self.precomputed.ld.bf_search("author"))

        @attribute
        def publishing_date(self) -> Optional[datetime]:
            return generic_date_parsing(self.precomputed.ld.bf_search("datePublished"))


def main() -> None:
    """Crawl all sites."""
    feeds, rows = read_task()
    papers = []
    for feed in feeds:
        address = urlsplit(feed)
        domain = f"{address.scheme}://{address.netloc}/"
        papers.append(Publisher(address.netloc, domain, AnyPaper, [RSSFeed(feed)]))
    # articles without a date or a title count too
    for article in Crawler(*papers, delay=0.0).crawl(only_complete=False):
        rows.keep(article.html.requested_url, article.title or "", article.plaintext or "")


if __name__ == "__main__":
    main()
