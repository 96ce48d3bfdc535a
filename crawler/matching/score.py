"""Score how much an article is about the words of a watch. The score orders a digest and suppresses nothing."""

from math import log2

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.hits import Hit

# a headline says most, the lead (the first 60 words) next. Chosen by judgement and not measured, because the score only
# orders a digest; BM25 compares articles, and one article at a time is scored here
_HEADLINE, _LEAD, _EVERY_TERM = 3.0, 2.0, 2.0
# two or three sentences: the lead of a news story says what it is about
_LEAD_WORDS = 60


def score_match(document: Document, hits: tuple[Hit, ...], *, term_count: int) -> float:
    """Return the score of a match: 3 for the headline, 2 for the lead, up to 2 for different terms, plus log2 of mentions.

    The lead is the first 60 words of the body. No hits score 0.
    term_count  number of different terms the query looks for
    """
    if not hits:
        return 0.0
    first_in_body = next((hit.first for hit in hits if hit.first >= BODY_STARTS_AT), None)
    in_headline = hits[0].first < BODY_STARTS_AT
    in_lead = first_in_body is not None and first_in_body - BODY_STARTS_AT < _LEAD_WORDS
    found = len({hit.term for hit in hits}) / max(1, term_count)
    mentions = len({hit.first for hit in hits})
    score = _HEADLINE * in_headline + _LEAD * in_lead + _EVERY_TERM * found + log2(1 + mentions)
    return round(score, 2)
