"""How much the texts of two articles share, and whether they are one story."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Relation(StrEnum):
    """The relations between two texts.

    SAME     one text, copied, cut, wrapped or lightly edited: one story
    RELATED  they share half of their phrases and are still two texts; suppresses nothing
    OTHER    neither
    """

    SAME = "same"
    RELATED = "related"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """How much two texts share.

    share           share of the shorter text's three-word phrases that are in the longer one, 0 to 1
    covered         share of the shorter text's words that are in a shared phrase; ``covered_longer`` of the longer one's
    word_count      of the shorter text; ``longer_word_count`` of the longer one
    reason          the same in words, for a person
    """

    relation: Relation
    share: float
    covered: float
    covered_longer: float
    word_count: int
    longer_word_count: int
    reason: str = ""

    @classmethod
    def identical(cls, word_count: int) -> "Similarity":
        """Return the similarity of two texts with the same words."""
        return cls(
            relation=Relation.SAME,
            share=1.0,
            covered=1.0,
            covered_longer=1.0,
            word_count=word_count,
            longer_word_count=word_count,
            reason="the same words",
        )

    def judged(self, relation: Relation, reason: str) -> "Similarity":
        """Return the same measures with a relation and its reason."""
        return replace(self, relation=relation, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarArticle:
    """A stored article that shares text with the one being judged."""

    article_id: int
    story_id: int
    source: str
    similarity: Similarity
