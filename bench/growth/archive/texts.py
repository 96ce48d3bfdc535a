"""Articles of which no two share more than real ones do: runs of two words of real articles, in a new order each.

Half of the runs come from one article, the topic, and half from all articles of its language: so the words of an article belong
together and are as frequent as in real news. Two invented names stand in each, as the words of an archive never end. What
real articles share is there on purpose: copies, stock phrases, and the closing lines of agencies.
"""

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.signature import Signature
from crawler.dedup.sketch import sketch
from crawler.matching.analysis.analyzer import analyze, source_names
from crawler.matching.queries.expressions import label_key
from crawler.model.article import Article
from crawler.text.normalize import tokenize

# of the labelled articles of the corpora, one in eight is another outlet's text
COPY_SHARE = 0.12
# an article in three says one of these as all do ("told reporters at a news conference on")
_PHRASE_SHARE, _PHRASES, _PHRASE_WORDS = 0.33, 2000, 8
# an article in thirty ends with the line of its agency, a sentence that dedup does not leave out
_CLOSING_SHARE, _CLOSINGS = 0.03, 100
# the median of the corpora is 384 words; cut at 200, a million fill 6 GB and not 15
_FEWEST_WORDS, _MOST_WORDS = 60, 200
_RUN = 2
_SENTENCE, _PARAGRAPH = 21, 3
_NAMES = 50_000
# pieces of a language; names never end
_MOST_REMEMBERED = 500_000
# languages of the corpora that have texts enough, by the codes they give
_CODES = {"en": "en", "us": "en", "uk": "en", "ca": "en", "za": "en", "de": "de"}
_SYLLABLES = ("ka", "ro", "ven", "ti", "mol", "sha", "dre", "lu", "bor", "ne", "quin", "ast", "el", "ov", "gra", "mi")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An article, with all that is stored of it.

    keys     those of the key index, with blanks between them
    copy_of  the number of the article it is a copy of, None if it is none
    """

    number: int
    article: Article
    source: str
    signature: Signature
    keys: str = field(repr=False)
    copy_of: int | None


@dataclass(frozen=True, slots=True)
class _Language:
    """The words of all articles of a language in a row, and where each article begins and ends."""

    code: str
    words: NDArray[np.object_]
    spans: tuple[tuple[int, int], ...]
    phrases: tuple[str, ...]
    closings: tuple[str, ...]


# the source and the host of an article, by its number
SourceOf = Callable[[int], tuple[str, str]]


class Press:
    """Makes articles by number, the same in each run.

    most_words  longer texts are cut there
    """

    def __init__(self, folder: Path, *, most_words: int = _MOST_WORDS) -> None:
        self._most_words = most_words
        bodies = read_bodies(folder)
        self._languages = tuple(_read_language(code, texts) for code, texts in bodies.items())
        self._pieces = {code: _Pieces(code) for code in bodies}
        self._weights = [len(language.words) for language in self._languages]

    def make(self, first: int, count: int, *, source_of: SourceOf) -> Iterator[Made]:
        """Yield articles in the order of their numbers; a copy is of one of the same call."""
        chance, numbers = random.Random(first), np.random.default_rng(first)
        originals: list[tuple[int, Article, str]] = []
        for number in range(first, first + count):
            source, host = source_of(number)
            url = f"https://{host}/2026/{number}-news"
            copied = (
                chance.choice(originals[-1000:])
                if originals and chance.random() < COPY_SHARE
                else None
            )
            if copied is None:
                headline, body, code = self._write(chance, numbers)
            else:
                headline, body, code = copied[1].headline, _edit(copied[1].body, chance), copied[2]
            # the key is known, so that it is not worked out again
            key = url.removeprefix("https://")
            article = Article(url=url, headline=headline, body=body, language=code, key=key)
            if copied is None:
                originals.append((number, article, code))
            yield _finish(
                number, article, source, self._pieces[code], copied[0] if copied else None
            )

    def _write(self, chance: random.Random, numbers: np.random.Generator) -> tuple[str, str, str]:
        """Return headline, body and language of a new article."""
        language = chance.choices(self._languages, self._weights)[0]
        start, end = chance.choice(language.spans)
        count = min(max(end - start, _FEWEST_WORDS), self._most_words) // _RUN + 5
        anywhere = numbers.integers(0, len(language.words) - _RUN, count)
        topic = numbers.integers(start, max(end - _RUN, start + 1), count)
        firsts = np.where(numbers.random(count) < 0.5, topic, anywhere)
        places = (firsts[:, None] + np.arange(_RUN)).ravel()
        words = language.words[places].tolist()
        names = [_invent(chance.randrange(_NAMES)) for _ in range(2)]
        words[3], words[chance.randrange(10, len(words))] = names[0], names[1]
        headline, rest = " ".join(words[:9]).capitalize(), words[9:]
        if chance.random() < _PHRASE_SHARE:
            rest.insert(chance.randrange(len(rest)), chance.choice(language.phrases))
        sentences = [
            f"{' '.join(rest[at : at + _SENTENCE])}." for at in range(0, len(rest), _SENTENCE)
        ]
        paragraphs = [
            " ".join(sentences[at : at + _PARAGRAPH]) for at in range(0, len(sentences), _PARAGRAPH)
        ]
        if chance.random() < _CLOSING_SHARE:
            paragraphs.append(chance.choice(language.closings))
        return headline, "\n\n".join(paragraphs), language.code


def write_page(article: Article, *, nav: str) -> bytes:
    """Return an article as a page of HTML, below a menu."""
    paragraphs = "".join(f"<p>{escape(one)}</p>\n" for one in article.body.split("\n\n"))
    title = escape(article.headline)
    return (
        f"<!doctype html><html lang='{article.language}'><head><title>{title}</title></head><body><nav>{nav}</nav>"
        f"<article><h1>{title}</h1>\n{paragraphs}</article></body></html>"
    ).encode()


def read_bodies(folder: Path) -> dict[str, list[str]]:
    """Return the bodies in ``articles.jsonl.gz`` of a folder, by language."""
    found = defaultdict[str, list[str]](list)
    with gzip.open(folder / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        for facts in map(json.loads, lines):
            if facts["lang"] in _CODES:
                found[_CODES[facts["lang"]]].append(facts["body"])
    return dict(found)


def _read_language(code: str, texts: Sequence[str]) -> _Language:
    words: list[str] = []
    spans = []
    for text in texts:
        found = [word.strip(".,;:!?\"'()[]") for word in text.split()]
        found = [word for word in found if word and "/" not in word]
        if len(found) > _FEWEST_WORDS:
            spans.append((len(words), len(words) + len(found)))
            words += found
    chance = random.Random(3)

    def cut(size: int) -> str:
        start = chance.randrange(len(words) - size)
        return " ".join(words[start : start + size])

    phrases = tuple(cut(_PHRASE_WORDS) for _ in range(_PHRASES))
    closings = tuple(f"{cut(30)}." for _ in range(_CLOSINGS))
    return _Language(code, np.array(words, dtype=object), tuple(spans), phrases, closings)


def _invent(number: int) -> str:
    """Return a made-up name, the same for the same number."""
    parts: list[str] = []
    while number or not parts:
        number, place = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[place])
    return "".join(parts).title()


def _edit(body: str, chance: random.Random) -> str:
    """Return a text as another outlet takes it over: unchanged, cut, or without one of its paragraphs."""
    paragraphs = body.split("\n\n")
    kind = chance.random()
    if kind < 0.3 or len(paragraphs) < 4:
        return body
    if kind < 0.6:
        return "\n\n".join(paragraphs[: -len(paragraphs) // 4 or None])
    del paragraphs[chance.randrange(len(paragraphs))]
    return "\n\n".join(paragraphs)


class _Pieces(dict[str, tuple[tuple[str, ...], tuple[str, ...]]]):
    """The comparable words and the keys of each piece between spaces, looked up once.

    A text's keys are those of its pieces, and its words theirs in a row: so a text costs a tenth of analysing it whole. A test
    holds both to the same answer.
    """

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, piece: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        places = analyze("", piece, language=self._language).places
        made = tokenize(piece), tuple(key for key in places if key[0] != "@")
        self[piece] = made
        return made


def _finish(
    number: int, article: Article, source: str, pieces: _Pieces, copy_of: int | None
) -> Made:
    body = [pieces[piece] for piece in article.body.split()]
    head = (pieces[piece][1] for piece in article.headline.split())
    words = tuple(chain.from_iterable(made[0] for made in body))
    host = article.url.split("/")[2]
    names = (label_key("source", name) for name in source_names(host, source))
    labels = (label_key("lang", article.language), *names)
    keys = {*chain.from_iterable(head), *chain.from_iterable(made[1] for made in body), *labels}
    return Made(
        number=number,
        article=article,
        source=source,
        # the words themselves are not stored
        signature=Signature((), fingerprint_words(words), sketch(words)),
        keys=" ".join(keys),
        copy_of=copy_of,
    )
