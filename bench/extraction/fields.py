"""Scoring title, authors and day page by page, for comparing two versions over the same pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bench.extraction.corpora import Corpus, Sample
from bench.extraction.scores import Row, same_names, same_words, score_day

Found = Mapping[str, object]
# a page's share of what is right: all or nothing, written as precision and recall so that it is compared as bodies are
_ALL, _NONE = (1.0, 1.0), (0.0, 0.0)


def score_fields(corpus: Corpus, found: Sequence[Found]) -> dict[str, dict[str, Row]]:
    """Return for each field the score of the pages of which the truth states it, 1 or 0.

    ``wrong dates`` has 1 for a day that is not the stated one, 0 for the right one or none.
    """
    scores: dict[str, dict[str, Row]] = {}
    for sample, made in zip(corpus.samples, found, strict=True):
        for field, is_so in _judge(sample, made).items():
            scores.setdefault(field, {})[sample.key] = _ALL if is_so else _NONE
    return scores


def _judge(sample: Sample, made: Found) -> dict[str, bool]:
    truth, judged = sample.truth, {}
    if truth.get("title"):
        judged["titles"] = same_words(str(truth["title"]), str(made.get("title") or ""))
    if truth.get("authors_annotated") and truth.get("authors"):
        judged["authors"] = same_names(truth["authors"], list(made.get("authors") or ()))  # type: ignore[call-overload]  # a tuple of names
    outcome = judge_day(sample, made)
    if outcome != "not judged":
        judged["dates"] = outcome == "right"
        judged["wrong dates"] = outcome == "wrong"
    return judged


def judge_day(sample: Sample, made: Found) -> str:
    """Return ``right``, ``wrong``, ``none`` or ``not judged``: the truth states no day, or one after the page was fetched."""
    truth = sample.truth.get("publishing_date", sample.truth.get("date"))
    if isinstance(truth, str) and sample.truth.get("crawl_date"):
        crawled = datetime.fromisoformat(sample.truth["crawl_date"]).date()
        if datetime.fromisoformat(truth).date() > crawled + timedelta(days=1):
            return "not judged"
    date = made.get("date")
    return score_day(truth, str(date) if date else None)
