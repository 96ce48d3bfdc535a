from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dedup.fingerprint import fingerprint_body
from crawler.dedup.verdict import judge
from crawler.model.article import Article, KnownArticle, VerdictKind
from crawler.model.story import Relation, SimilarArticle, Similarity

ARTICLE = Article(url="https://x.org/a", headline="Ferry late", body="b", language="en")
TWICE = Similarity.identical(200)
KNOWN = KnownArticle(article_id=1, story_id=2, fingerprint="same", headline="Ferry late")


def similar_to(story_id: int, relation: Relation = Relation.SAME) -> SimilarArticle:
    found = TWICE.judged(relation, "much is shared")
    return SimilarArticle(
        article_id=story_id + 100, story_id=story_id, source="courier", similarity=found
    )


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
    similar = [] if story is None else [similar_to(story)]

    verdict = judge(ARTICLE, fingerprint=fingerprint, known=known, similar=similar)

    assert verdict.kind is kind
    assert verdict.story_id == (story if known is None else 2)


def test_a_copy_of_several_stories_merges_them() -> None:
    verdict = judge(
        ARTICLE,
        fingerprint="new",
        known=None,
        similar=[similar_to(7), similar_to(3), similar_to(9)],
    )

    assert (verdict.kind, verdict.story_id, verdict.joins) == (VerdictKind.COPY, 3, (7, 9))
    assert "courier" in verdict.reason


def test_an_article_that_is_only_related_joins_no_story() -> None:
    verdict = judge(
        ARTICLE, fingerprint="new", known=None, similar=[similar_to(7, Relation.RELATED)]
    )

    assert (verdict.kind, verdict.story_id, verdict.joins) == (VerdictKind.NEW, None, ())


def test_a_revision_may_turn_out_to_be_an_older_story() -> None:
    verdict = judge(ARTICLE, fingerprint="new", known=KNOWN, similar=[similar_to(1)])

    assert (verdict.kind, verdict.story_id, verdict.joins) == (VerdictKind.REVISED, 1, (2,))


@given(st.text(max_size=200))
def test_typography_does_not_change_a_fingerprint(body: str) -> None:
    assert fingerprint_body(body) == fingerprint_body(f" {body}\u200b\n")


def test_a_word_changes_a_fingerprint() -> None:
    assert fingerprint_body("two drones flew") != fingerprint_body("ten drones flew")
