"""The texts of articles, for each seed: filling with atoms in it, and what copies and edits make of them."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.week.world.texts.atoms import ATOMS, banned_stems
from bench.week.world.texts.corpus import UNSPACED, list_sentences
from bench.week.world.texts.words import list_pieces, write_sentence

# the share of real sentences in the filling, if there are corpora
_WHOLE_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, and the atoms it says."""

    text: str
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One state of an article: its text, and the atoms it says."""

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
        """Return how many times each atom is said, headline included."""
        return Counter([*self.headline_says, *(a for p in self.paragraphs for a in p.says)])


class Author:
    """Writes articles, the same for the same seed."""

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
        """Return an article that says each of these atoms once in its text, and those in its headline."""
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
        """Return news of one sentence, with a headline of its words, as agencies write it."""
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
        """Return a paragraph that says one atom once."""
        atom = ATOMS[name]
        sentence = self._rng.choice(atom.sentences).format(self._words(atom.language, 4))
        joint = "" if atom.language in UNSPACED else " "
        more = joint.join(self._sentence(atom.language, 12) for _ in range(2))
        return Paragraph(text=f"{sentence}{joint}{more}", says=(name,))

    def miss(self, name: str) -> str:
        """Return a sentence that nearly says an atom."""
        atom = ATOMS[name]
        return self._rng.choice(atom.near_misses).format(self._words(atom.language, 4))

    def fill(self, language: str, sentence_count: int, length: int) -> str:
        """Return sentences that say no atom."""
        joint = "" if language in UNSPACED else " "
        return joint.join(self._sentence(language, length) for _ in range(sentence_count))

    def title(self, language: str, says: Sequence[str]) -> str:
        """Return a headline."""
        if not says:
            return write_sentence([self._words(language, 6)], language).rstrip(".。")
        parts = [ATOMS[name].headline.format(self._words(language, 3)) for name in says]
        return ", ".join(parts)

    def cut(self, text: Text) -> Text:
        """Return an agency's text cut to its first two thirds, as by a paper short of space."""
        kept = max(3, len(text.paragraphs) * 2 // 3)
        return replace(text, paragraphs=text.paragraphs[:kept])

    def edit(self, text: Text) -> Text:
        """Return a text with one paragraph changed and a line added, both without an atom, as by a paper that edits it."""
        silent = [i for i, one in enumerate(text.paragraphs) if not one.says]
        chosen = self._rng.choice(silent)
        new = Paragraph(text=self.fill(text.language, 2, 10))
        own = Paragraph(text=self.fill(text.language, 1, 12))
        kept = [new if i == chosen else one for i, one in enumerate(text.paragraphs)]
        return replace(text, paragraphs=(*kept, own))

    def retitle(self, text: Text) -> Text:
        """Return a text under another headline without an atom."""
        return replace(text, headline=self.title(text.language, ()), headline_says=())

    def translate(self, text: Text, language: str) -> Text:
        """Return a text under a headline in another language and without an atom, as if only that was translated."""
        return replace(text, headline=self.title(language, ()), headline_says=())

    def add(self, text: Text, says: Iterable[str]) -> Text:
        """Return a text with one more paragraph for each atom, or with one that says nothing."""
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
