"""Articles that tell the same story, and how that is known."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Relation(StrEnum):
    """What two texts are to each other.

    SAME     one text, copied, cut, wrapped or lightly edited: one story
    RELATED  they share much and are still two texts; suppresses nothing
    OTHER    nothing
    """

    SAME = "same"
    RELATED = "related"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """How much two texts share.

    share           of the shorter text's three-word phrases, those in the longer one, 0 to 1
    covered         of the shorter text's words, those in a shared phrase; ``covered_longer`` of the longer one's
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
        """Give what two texts of the same words share."""
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
        """Give the same measures with what they mean."""
        return replace(self, relation=relation, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarArticle:
    """A stored article that shares much with the one at hand."""

    article_id: int
    story_id: int
    source: str
    similarity: Similarity
