"""Articles, written anew for each seed: filling with what they say in it, and what copies and edits make of them."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.week.atoms import ATOMS, banned_stems
from bench.week.corpus import UNSPACED, list_sentences
from bench.week.words import list_pieces, write_sentence

# of the sentences of filling, where there are corpora
_WHOLE_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, and the atoms it says."""

    text: str
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One state of an article: what its page shows, and what it says."""

    language: str
    headline: str
    headline_says: tuple[str, ...] = ()
    paragraphs: tuple[Paragraph, ...]

    @property
    def in_title(self) -> frozenset[str]:
        """Return the atoms of the headline."""
        return frozenset(self.headline_says)

    @property
    def counts(self) -> Counter[str]:
        """Return how often each atom is said, headline included."""
        return Counter([*self.headline_says, *(a for p in self.paragraphs for a in p.says)])


class Author:
    """Writes articles; the same ones for one seed."""

    def __init__(self, seed: int | str) -> None:
        self._rng = random.Random(f"author {seed}")

    def write(  # what an article is made of
        self,
        language: str,
        says: Sequence[str] = (),
        *,
        headline_says: Sequence[str] = (),
        near_misses: Sequence[str] = (),
        paragraph_count: int = 6,
    ) -> Text:
        """Write an article that says these atoms once each in its text, and those in its headline."""
        plain = [Paragraph(text=self.fill(language, 4, 14)) for _ in range(paragraph_count)]
        for name in says:
            plain.insert(self._rng.randint(1, len(plain)), self.say(name))
        for name in near_misses:
            plain.insert(self._rng.randint(1, len(plain)), Paragraph(text=self.miss(name)))
        return Text(
            language=language,
            headline=self.title(language, headline_says),
            headline_says=tuple(headline_says),
            paragraphs=tuple(plain),
        )

    def write_flash(self, name: str) -> Text:
        """Write news of one sentence; its headline has words of it, as agencies' have."""
        atom = ATOMS[name]
        filling = self._words(atom.language, 14)
        sentence = self._rng.choice(atom.sentences).format(filling)
        return Text(
            language=atom.language,
            headline=atom.headline.format(filling),
            headline_says=(name,),
            paragraphs=(Paragraph(text=sentence, says=(name,)),),
        )

    def say(self, name: str) -> Paragraph:
        """Write a paragraph that says one atom once."""
        atom = ATOMS[name]
        sentence = self._rng.choice(atom.sentences).format(self._words(atom.language, 4))
        joint = "" if atom.language in UNSPACED else " "
        more = joint.join(self._sentence(atom.language, 12) for _ in range(2))
        return Paragraph(text=f"{sentence}{joint}{more}", says=(name,))

    def miss(self, name: str) -> str:
        """Write a sentence that nearly says an atom."""
        atom = ATOMS[name]
        return self._rng.choice(atom.near_misses).format(self._words(atom.language, 4))

    def fill(self, language: str, sentence_count: int, length: int) -> str:
        """Write sentences that say nothing."""
        joint = "" if language in UNSPACED else " "
        return joint.join(self._sentence(language, length) for _ in range(sentence_count))

    def title(self, language: str, says: Sequence[str]) -> str:
        """Write a headline."""
        if not says:
            return write_sentence([self._words(language, 6)], language).rstrip(".。")
        parts = [ATOMS[name].headline.format(self._words(language, 3)) for name in says]
        return ", ".join(parts)

    def cut(self, text: Text) -> Text:
        """Return an agency text as a paper prints it that needs the room: its first two thirds."""
        kept = max(3, len(text.paragraphs) * 2 // 3)
        return replace(text, paragraphs=text.paragraphs[:kept])

    def edit(self, text: Text) -> Text:
        """Return it as a paper prints it that changes a paragraph which says nothing, and adds a line of its own."""
        silent = [i for i, one in enumerate(text.paragraphs) if not one.says]
        chosen = self._rng.choice(silent)
        new = Paragraph(text=self.fill(text.language, 2, 10))
        own = Paragraph(text=self.fill(text.language, 1, 12))
        kept = [new if i == chosen else one for i, one in enumerate(text.paragraphs)]
        return replace(text, paragraphs=(*kept, own))

    def retitle(self, text: Text) -> Text:
        """Return it under another headline that says nothing."""
        return replace(text, headline=self.title(text.language, ()), headline_says=())

    def translate(self, text: Text, language: str) -> Text:
        """Return it under a headline in another language, as where an editor got no further; it says nothing."""
        return replace(text, headline=self.title(language, ()), headline_says=())

    def add(self, text: Text, says: Iterable[str]) -> Text:
        """Return it with a paragraph more for each atom, or one that says nothing."""
        more = [self.say(name) for name in says] or [
            Paragraph(text=self.fill(text.language, 2, 12))
        ]
        return replace(text, paragraphs=(*text.paragraphs, *more))

    def _sentence(self, language: str, length: int) -> str:
        whole = list_sentences(language, banned_stems())
        if whole and self._rng.random() < _WHOLE_SHARE:
            return self._rng.choice(whole)
        return write_sentence([self._words(language, length)], language)

    def _words(self, language: str, length: int) -> str:
        joint = "" if language in UNSPACED else " "
        pieces = list_pieces(language, banned_stems())
        return joint.join(self._rng.choices(pieces, k=max(1, length // 2 + 1)))
