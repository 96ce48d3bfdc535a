"""Articles and watches generated from real news, the same in each run.

Articles are combined from paragraphs of real ones, about 5 KB each, in the scripts of the corpus.
Watches: of their words 60 % are invented names, 37 % capitalised words of a single article and 3 % any of its words;
the second operand of a boolean watch is any word of it. 35 % one word, 15 % a phrase, 15 % AND or OR, 12 % OR with a
phrase and an exclusion, 8 % NEAR, 5 % a prefix, the rest words in headline or body.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SYLLABLES = (
    "ka",
    "ro",
    "ven",
    "ti",
    "mol",
    "sha",
    "dre",
    "lu",
    "bor",
    "ne",
    "quin",
    "ast",
    "el",
    "ov",
    "gra",
    "mi",
)
# characters of an article, the median of the corpora
_SIZE = 5000


@dataclass(frozen=True, slots=True)
class Text:
    """A generated article."""

    headline: str
    body: str


def read_bodies(folder: Path) -> list[str]:
    """Return the bodies of the real articles in a folder's ``ground-truth.json``."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [facts["articleBody"] for facts in truth.values()]


def make_texts(bodies: Sequence[str], count: int, *, seed: int = 1) -> list[Text]:
    """Return articles made of the paragraphs of real ones."""
    chance = random.Random(seed)
    paragraphs = [
        paragraph for body in bodies for paragraph in body.split("\n") if len(paragraph) > 60
    ]
    texts = []
    for _ in range(count):
        chosen, size = [], 0
        wanted = chance.gauss(_SIZE, 1000)
        while size < wanted:
            chosen.append(chance.choice(paragraphs))
            size += len(chosen[-1])
        headline = " ".join(chosen[0].split()[:10])
        texts.append(Text(headline, "\n\n".join(chosen)[:8500]))
    return texts


class WatchMaker:
    """Generates queries in the proportions above, each in our language and, if it can be expressed there, in that of FTS5."""

    def __init__(self, bodies: Sequence[str], *, seed: int = 2) -> None:
        self._chance = random.Random(seed)
        words = Counter(word for body in bodies for word in set(re.findall(r"[^\W\d_]{4,}", body)))
        self._any: list[str] = sorted(words)
        self._rare: list[str] = sorted(
            word for word, count in words.items() if word.istitle() and count == 1
        )

    def make_queries(self, count: int) -> list[tuple[str, str]]:
        """Return ``count`` queries, each in our language and in that of FTS5."""
        return [self._make_query() for _ in range(count)]

    def make_literals(self, count: int) -> list[str]:
        """Return ``count`` words and phrases of two words."""
        return [
            self._word() if self._chance.random() < 0.7 else f"{self._word()} {self._other()}"
            for _ in range(count)
        ]

    def _word(self) -> str:
        kind = self._chance.random()
        if kind < 0.6:
            return "".join(self._chance.choices(_SYLLABLES, k=self._chance.randint(3, 5))).title()
        return self._chance.choice(self._rare if kind < 0.97 else self._any)

    def _other(self) -> str:
        return self._chance.choice(self._any)

    def _make_query(self) -> tuple[str, str]:  # noqa: PLR0911  # one for each kind
        kind, a, b, c = self._chance.random(), self._word(), self._other(), self._other()
        if kind < 0.35:
            return a, _quote(a)
        if kind < 0.5:
            return f'"{a} {b}"', _quote(f"{a} {b}")
        if kind < 0.65:
            admin = self._chance.choice(("AND", "OR")) if self._chance.random() < 0.3 else "AND"
            second = self._word() if admin == "OR" else b
            return f"{a} {admin} {second}", f"{_quote(a)} {admin} {_quote(second)}"
        if kind < 0.77:
            second = self._word()
            ours = f'({a} OR "{second} {b}") NOT {c}'
            return ours, f"({_quote(a)} OR {_quote(f'{second} {b}')}) NOT {_quote(c)}"
        if kind < 0.85:
            return f"{a} NEAR/5 {b}", f"NEAR({_quote(a)} {_quote(b)}, 5)"
        if kind < 0.9:
            prefix = a[: max(4, len(a) - 2)]
            return f"{prefix}*", f"{_quote(prefix)} *"
        field = self._chance.choice(("title", "body"))
        return f"{field}:{a}", f"{field} : {_quote(a)}"


def _quote(text: str) -> str:
    return f'"{text}"'
