"""The scores of extraction: bodies, days, titles and authors against the truth of the corpora.

Bodies: multiset overlap of 4-token shingles, precision and recall averaged over pages, F1 of these averages, as the
article-extraction-benchmark does it; a test compares with the scorer that comes with the corpora.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

_WORD = re.compile(r"\w+")
# scripts without spaces between words: one token for each character
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_WORD_OR_SIGN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# words, as in the benchmark the data comes from
_SHINGLE = 4

Row = tuple[float | None, float | None]


def score_body(truth: str, found: str, *, by_sign: bool = False) -> Row:
    """Return precision and recall of one page; None if undefined."""
    right, made = _shingles(truth, by_sign), _shingles(found, by_sign)
    overlap = sum((right & made).values())
    return (
        overlap / sum(made.values()) if made else None,
        overlap / sum(right.values()) if right else None,
    )


def _shingles(text: str, by_sign: bool) -> Counter[tuple[str, ...]]:
    tokens = (_WORD_OR_SIGN if by_sign else _WORD).findall(text or "")
    if not tokens:
        return Counter()
    places = range(max(1, len(tokens) - _SHINGLE + 1))
    return Counter(tuple(tokens[place : place + _SHINGLE]) for place in places)


def score_snippets(wanted: Sequence[str], unwanted: Sequence[str], found: str) -> Row:
    """Return precision and recall of one page by the snippets that a text must have and must not have, ignoring spaces.

    Precision is the share of the wanted among those it has; a page without a text has recall 0 and no precision.
    """
    text = " ".join((found or "").split())
    right, wrong = (
        sum(" ".join(snippet.split()) in text for snippet in snippets)
        for snippets in (wanted, unwanted)
    )
    return (
        right / (right + wrong) if right + wrong else None,
        right / len(wanted) if wanted else None,
    )


def sum_up(rows: Sequence[Row]) -> dict[str, float]:
    """Return precision, recall and F1 over pages."""
    precision, recall = (_mean(row[side] for row in rows) for side in (0, 1))
    return {"f1": _harmonic(precision, recall), "precision": precision, "recall": recall}


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def compare_f1(ours: Sequence[Row], theirs: Sequence[Row], *, rounds: int = 2000) -> tuple[float, float, float]:  # fmt: skip
    """Return the difference of F1 and its 95 % interval, by a bootstrap over the same pages for both."""
    chance, pages = random.Random(1), range(len(ours))
    differences = []
    for _ in range(rounds):
        drawn = chance.choices(pages, k=len(ours))
        one, other = (sum_up([rows[place] for place in drawn])["f1"] for rows in (ours, theirs))
        differences.append(one - other)
    differences.sort()
    return (
        sum_up(ours)["f1"] - sum_up(theirs)["f1"],
        differences[int(0.025 * rounds)],
        differences[int(0.975 * rounds) - 1],
    )


def score_day(truth: object, found: str | None) -> str:
    """Return whether a day is right, in the zone it was stated in or in UTC."""
    if not isinstance(truth, str) or not truth:
        return "not judged"
    if not found:
        return "none"
    return "right" if _days(truth) & _days(found) else "wrong"


def _days(stated: str) -> set[date]:
    try:
        if len(stated) <= 10:
            return {date.fromisoformat(stated)}
        instant = datetime.fromisoformat(stated)
    except ValueError:
        return set()  # a reader that returned a date it did not parse
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return {instant.date(), aware.astimezone(UTC).date()}


def score_days(outcomes: Sequence[str]) -> dict[str, float]:
    """Return the scores of days: ``precision`` over those found, ``recall`` over all that are judged."""
    counts = Counter(outcomes)
    judged = len(outcomes) - counts["not judged"]
    found = counts["right"] + counts["wrong"]
    return {
        "date_right": counts["right"] / judged if judged else 0.0,
        "date_wrong": counts["wrong"] / judged if judged else 0.0,
        "date_none": counts["none"] / judged if judged else 0.0,
        "date_precision": counts["right"] / found if found else 0.0,
    }


def same_words(truth: str, found: str) -> bool:
    """Return whether two texts have the same words, ignoring case and punctuation."""
    return _WORD.findall(truth.casefold()) == _WORD.findall((found or "").casefold())


def same_names(truth: Sequence[str], found: Sequence[str]) -> bool:
    """Return whether two lists name the same authors."""
    return _plain(truth) == _plain(found)


def _plain(names: Sequence[str]) -> set[str]:
    return {" ".join(name.casefold().split()) for name in names if name.strip()}


def score_metadata(
    truths: Sequence[Mapping[str, object]], found: Sequence[Mapping[str, object]]
) -> dict[str, float]:
    """Return the shares of right titles and authors; pages without annotated authors do not count for authors."""
    titles = [
        same_words(str(truth["title"]), str(made.get("title") or ""))
        for truth, made in zip(truths, found, strict=True)
        if truth.get("title")
    ]
    authors = [
        same_names(_list(truth["authors"]), _list(made.get("authors")))
        for truth, made in zip(truths, found, strict=True)
        if truth.get("authors_annotated") and truth.get("authors")
    ]
    return {
        "title": sum(titles) / max(1, len(titles)),
        "authors": sum(authors) / max(1, len(authors)),
    }


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []
