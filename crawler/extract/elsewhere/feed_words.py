"""Making an article from the title and text of a feed entry, if it has no page or none that can be read.

Posts of social networks, status pages and release notes have their text only in the feed (decision 024).
"""

from urllib.parse import quote, urlsplit

from crawler.extract.metadata.language import choose_language
from crawler.extract.published.date_claims import find_announced_date
from crawler.model.article import Article, Page
from crawler.text.lines import clean_line
from crawler.text.normalize import tokenize

# characters of a headline that is made of the text; the rest becomes an ellipsis
_MOST_HEADLINE = 140
# browsers scroll to the words after this on the page (URL Fragment Text Directives, WICG)
_TEXT_FRAGMENT = "#:~:text="
# characters of those words; a few are enough to find the place
_MOST_FRAGMENT = 80


def write_from_feed(page: Page, *, why: str, usual_language: str = "") -> Article | None:
    """Return an article made of an entry's title and text; None if it has neither.

    page            the entry, with or without an answer
    why             reason, worded for a person, why the page was not read
    usual_language  ISO 639-1 code that the source's articles have, tried before a guess: a few words look like any
                    language; may be empty
    """
    title, text = page.entry.title, page.entry.text
    headline = title or _first_line(text)
    if not headline:
        return None
    # a text that repeats the title adds nothing
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
    """Return the address of an entry; if several share a page, with a fragment that shows its headline."""
    url = page.requested_url
    if not page.entry.is_shared or urlsplit(url).fragment:
        return url
    words = clean_line(headline, max_characters=_MOST_FRAGMENT).rstrip("\u2026")
    return f"{url}{_TEXT_FRAGMENT}{quote(words, safe='')}"
