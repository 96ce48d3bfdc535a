"""Who wrote it, and whether it came from an agency. A byline is never body."""

import re
from collections.abc import Callable

from crawler.extract.metadata import Metadata
from crawler.model.article import Byline
from crawler.text.lines import clean_line

_MOST_LINES_DOWN = 12
_MOST_CHARACTERS = 62
_LINE = re.compile(r"(?:by|von|par|por|di|door|av|af)\s+(?P<name>\S.{1,60})", re.IGNORECASE)
_AGENCY = re.compile(
    r"\b(?:staff|agenc(?:y|ies)|agentur(?:en)?|agences?|agencias?|newsroom|redaktion|afp|reuters|ap|associated press|"
    r"dpa|apa|efe|ansa|tass|interfax|xinhua|irna|kyodo|pti|upi|anadolu)\b",
    re.IGNORECASE,
)
# a sentence can begin with "By Tuesday"; a byline has no verb to end and no full stop
_SENTENCE_LIKE = re.compile(r"[.!?:;]$|,\s.*,|\b(?:was|were|is|are|has|had|will|ist|war|est|son)\b")


def read_byline_line(line: str) -> str | None:
    """Give the name in a line such as ``By Staff, Agencies``, or None if it is no byline."""
    text = clean_line(line).strip(" \u00b7|\u2022,-")
    found = _LINE.fullmatch(text)
    if found is None or len(text) > _MOST_CHARACTERS or _SENTENCE_LIKE.search(text):
        return None
    name = found["name"]
    return name if name[0].isupper() or _AGENCY.match(name) else None


def find_byline(metadata: Metadata, read_lines: Callable[[], list[str]]) -> Byline | None:
    """Find the byline: what the page tells machines, else a line near the top that is one.

    read_lines  gives the lines of the page's main part, in reading order; asked only where nothing is stated
    """
    authors = metadata.article.get("author") or []
    stated = ", ".join(authors) or metadata.meta(
        "author", "article:author_name", "parsely-author", "sailthru.author"
    )
    if stated.startswith(("http://", "https://", "@")):
        stated = ""
    text = re.sub(r"^by\s+", "", stated, flags=re.IGNORECASE)
    if not text:
        names = (read_byline_line(line) for line in read_lines()[:_MOST_LINES_DOWN])
        text = next(filter(None, names), "")
    return Byline(text=text, is_agency=bool(_AGENCY.search(text))) if text else None
