from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dedup.fingerprint import fingerprint_body
from crawler.dedup.verdict import judge
from crawler.model.article import Article, KnownArticle, VerdictKind

ARTICLE = Article(url="https://x.org/a", headline="Ferry late", body="b", language="en")
KNOWN = KnownArticle(article_id=1, story_id=2, fingerprint="same", headline="Ferry late")


@pytest.mark.parametrize(
    ("known", "fingerprint", "story", "kind"),
    [
        (None, "same", None, VerdictKind.NEW),
        (None, "same", 5, VerdictKind.COPY),
        (KNOWN, "same", 2, VerdictKind.SEEN),
        (KNOWN, "other", None, VerdictKind.REVISED),
        (replace(KNOWN, headline="Ferry sunk"), "same", 2, VerdictKind.REVISED),
        (replace(KNOWN, headline="FERRY LATE!"), "same", 2, VerdictKind.SEEN),
    ],
)
def test_an_article_is_judged_by_address_and_words(
    known: KnownArticle | None, fingerprint: str, story: int | None, kind: VerdictKind
) -> None:
    verdict = judge(ARTICLE, fingerprint=fingerprint, known=known, story_with_same_body=story)

    assert verdict.kind is kind
    assert verdict.story_id == (story if known is None else 2)


@given(st.text(max_size=200))
def test_typing_does_not_change_a_fingerprint(body: str) -> None:
    assert fingerprint_body(body) == fingerprint_body(f" {body}\u200b\n")


def test_a_word_changes_it() -> None:
    assert fingerprint_body("two drones flew") != fingerprint_body("ten drones flew")
