"""New, revised, seen, or a copy: the decision, from values alone."""

from collections.abc import Sequence

from crawler.model.article import Article, KnownArticle, Verdict, VerdictKind
from crawler.model.story import Relation, SimilarArticle
from crawler.text.normalize import tokenize


def judge(
    article: Article,
    *,
    fingerprint: str,
    known: KnownArticle | None,
    similar: Sequence[SimilarArticle],
) -> Verdict:
    """Decide what an article is to us.

    known  the article stored under the same address, or None
    similar  stored articles that share text with it; it joins the stories of all that are the same, and these become
           one: the oldest of them
    """
    same = [one for one in similar if one.similarity.relation is Relation.SAME]
    stories = {one.story_id for one in same} | ({known.story_id} if known else set())
    story_id = min(stories, default=None)
    kind, reason = _judge_known(article, fingerprint, known) if known else _judge_new(same)
    return Verdict(
        kind=kind,
        fingerprint=fingerprint,
        article_id=known.article_id if known else None,
        story_id=story_id,
        reason=reason,
        joins=tuple(sorted(stories - {story_id})),
        changes_headline=known is not None
        and not _completes(article, known)
        and not _is_same_headline(article, known),
        completes=_completes(article, known),
    )


def _completes(article: Article, known: KnownArticle | None) -> bool:
    return known is not None and known.is_from_feed and not article.from_feed


def _judge_new(same: Sequence[SimilarArticle]) -> tuple[VerdictKind, str]:
    if not same:
        return VerdictKind.NEW, "first time we see it"
    best = max(same, key=lambda one: (one.similarity.share, -one.article_id))
    return VerdictKind.COPY, f"as told by {best.source}: {best.similarity.reason}"


def _judge_known(
    article: Article, fingerprint: str, known: KnownArticle
) -> tuple[VerdictKind, str]:
    if _completes(article, known):
        return VerdictKind.REVISED, "the page, told in its feed's words so far"
    same_body = known.fingerprint == fingerprint
    same_headline = _is_same_headline(article, known)
    reasons = {
        (True, True): "same words as before",
        (True, False): "the headline changed",
        (False, True): "the body changed",
        (False, False): "headline and body changed",
    }
    kind = VerdictKind.SEEN if same_body and same_headline else VerdictKind.REVISED
    return kind, reasons[same_body, same_headline]


def _is_same_headline(article: Article, known: KnownArticle) -> bool:
    return tokenize(known.headline) == tokenize(article.headline)
