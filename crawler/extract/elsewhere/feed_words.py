"""Making an article of its feed entry's own words, if there is no page or none that can be read."""

from urllib.parse import quote, urlsplit

from crawler.extract.dates.publication_date import find_announced_date
from crawler.extract.metadata.language import choose_language
from crawler.model.article import Article, Page
from crawler.text.lines import clean_line
from crawler.text.normalize import tokenize

_MOST_HEADLINE = 140
# browsers scroll to these words on the page (URL Fragment Text Directives, WICG)
_TEXT_FRAGMENT = "#:~:text="
_MOST_FRAGMENT = 80


def write_from_feed(page: Page, *, why: str, usual_language: str = "") -> Article | None:
    """Return the article made of an entry's own words; None if there are none.

    page  the entry, with or without an answer
    why   why its page was not read, for a person
    usual_language  language of the source: a few words look like any language
    """
    title, text = page.entry.title, page.entry.text
    headline = title or _first_line(text)
    if not headline:
        return None
    body = text if tokenize(text) and tokenize(text) != tokenize(title) else title or text
    return Article(
        url=_address(page, headline),
        headline=headline,
        body=body,
        language=choose_language(
            (page.settings.language or "", page.entry.language or "", usual_language),
            f"{headline} {body}",
        ),
        publication_date=find_announced_date(page),
        key=page.entry.key if page.entry.is_shared else "",
        from_feed=why,
    )


def _first_line(text: str) -> str:
    return clean_line(text.split("\n\n", maxsplit=1)[0], max_characters=_MOST_HEADLINE)


def _address(page: Page, headline: str) -> str:
    """Return where a person finds the entry: its address, with its headline as fragment if several entries share the page."""
    url = page.requested_url
    if not page.entry.is_shared or urlsplit(url).fragment:
        return url
    words = clean_line(headline, max_characters=_MOST_FRAGMENT).rstrip("\u2026")
    return f"{url}{_TEXT_FRAGMENT}{quote(words, safe='')}"
