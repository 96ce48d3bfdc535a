"""New, revised, seen, or a copy: the decision, from values alone."""

from crawler.model.article import Article, KnownArticle, Verdict, VerdictKind
from crawler.text.normalize import tokenize


def judge(
    article: Article,
    *,
    fingerprint: str,
    known: KnownArticle | None,
    story_with_same_body: int | None,
) -> Verdict:
    """Decide what an article is to us.

    known                 the article stored under the same address, or None
    story_with_same_body  a story in which this very body was told before, or None
    """
    if known is None:
        is_copy = story_with_same_body is not None
        return Verdict(
            kind=VerdictKind.COPY if is_copy else VerdictKind.NEW,
            fingerprint=fingerprint,
            article_id=None,
            story_id=story_with_same_body,
            reason="same words as an article of this story" if is_copy else "first time we see it",
        )
    same_body = known.fingerprint == fingerprint
    same_headline = tokenize(known.headline) == tokenize(article.headline)
    reasons = {
        (True, True): "same words as before",
        (True, False): "the headline changed",
        (False, True): "the body changed",
        (False, False): "headline and body changed",
    }
    is_seen = same_body and same_headline
    return Verdict(
        kind=VerdictKind.SEEN if is_seen else VerdictKind.REVISED,
        fingerprint=fingerprint,
        article_id=known.article_id,
        story_id=known.story_id,
        reason=reasons[same_body, same_headline],
    )
