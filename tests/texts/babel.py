"""Generated articles and queries with words of several languages and scripts, the same for the same seed."""

import random
from contextlib import suppress

from crawler.errors import QuerySyntaxError
from crawler.matching.queries.query import parse_query
from crawler.model.article import Article

WORDS = {
    "en": "drone drones oil depot depots border strike strikes striking racing race anti-drone antidrone U.S. US us "
    "Army army's O\u2019Brien who WHO refinery refineries missile missiles C++ harbour harbours ceasefire cease-fire "
    "\U0001f681 #drones the of said near",
    "de": "Drohne Drohnen Drohnenangriff Stra\u00dfe Strasse Hafen H\u00e4fen \u00d6l Lager Grenze Grenzen US-Armee Angriff Angriffe drone der die",
    "fr": "drone drones \u00e9lection elections l\u2019Iran Iran d\u00e9p\u00f4t d\u00e9p\u00f4ts p\u00e9trole fronti\u00e8re attaque attaques le la qu\u2019il",
    "ru": "\u0434\u0440\u043e\u043d \u0434\u0440\u043e\u043d\u044b \u0434\u0440\u043e\u043d\u043e\u0432 \u0431\u0435\u0441\u043f\u0438\u043b\u043e\u0442\u043d\u0438\u043a \u0431\u0435\u0441\u043f\u0438\u043b\u043e\u0442\u043d\u0438\u043a\u0430\u043c\u0438 \u0444\u0430\u0439\u043b \u0451\u043b\u043a\u0430 \u0435\u043b\u043a\u0430 \u0443\u0434\u0430\u0440 \u0441\u043a\u043b\u0430\u0434\u0443 NATO drone",
    "ar": "\u0637\u0627\u0626\u0631\u0629 \u0627\u0644\u0637\u0627\u0626\u0631\u0629 \u0648\u0627\u0644\u0637\u0627\u0626\u0631\u0629 \u0645\u0633\u064a\u0631\u0629 \u0645\u064f\u0633\u064e\u064a\u064e\u0651\u0631\u064e\u0629 \u0627\u0644\u0645\u064a\u0646\u0627\u0621 \u0641\u0648\u0642 \u0627\u0644\u062d\u062f\u0648\u062f drone",
    "he": "נתניהו לנתניהו שנתניהו ממשלה הממשלה בית בבית משפט המשפט תל-אביב בתל-אביב טילים drone",
    "hr": "Plenković Plenkovića Plenkoviću dron dronovi grad grada kosa Sava svi drone",
    "zh": "\u65e0\u4eba\u673a \u6e2f\u53e3 \u6cb9\u5e93 \u8d77\u706b \u8fb9\u5883 \u65e0\u6570\u4eba\u5728\u673a\u573a NATO",
    "ja": "\u30c9\u30ed\u30fc\u30f3 \uff84\uff9e\uff9b\uff70\uff9d \u56fd\u5883 \u304c \u589c\u843d \u3057\u305f",
}
LANGUAGES = tuple(WORDS)
SOURCES = ("courier", "gazette")
_MARKS = [" ", " ", " ", " ", ", ", ". ", ".\n\n", " \u2013 ", "-"]


class Babel:
    """Generates articles and queries; ``filler`` is the share of words that no query asks for."""

    def __init__(self, seed: int, *, filler: float = 0.0) -> None:
        self._chance = random.Random(seed)
        self._filler = filler

    def make_article(self, number: int, *, word_count: int = 30) -> Article:
        language = self._chance.choice(LANGUAGES)
        host = self._chance.choice(("news.courier.org", "gazette.example.co.uk"))
        return Article(
            url=f"https://{host}/{number}",
            headline=self._text(language, 5),
            # a number in each text, so that no two articles are the same
            body=f"{self._text(language, self._chance.randint(3, word_count))} {number}",
            language=language,
        )

    def _text(self, language: str, count: int) -> str:
        gap = "" if language in {"zh", "ja"} else None
        return "".join(
            f"{self._word(language)}{self._chance.choice(_MARKS) if gap is None else gap}"
            for _ in range(count)
        )

    def _word(self, language: str) -> str:
        if self._chance.random() < self._filler:
            return "lorem"
        word = self._chance.choice(WORDS[language].split())
        return word.upper() if self._chance.random() < 0.05 else word

    def make_query(self, depth: int = 2) -> str:
        language = self._chance.choice(LANGUAGES)
        while True:
            query = self._expression(language, depth)
            with suppress(
                QuerySyntaxError
            ):  # some generated queries are refused, such as a prefix of one letter
                parse_query(query)
                return query

    def _expression(self, language: str, depth: int) -> str:
        kind = self._chance.random()
        if depth == 0 or kind < 0.3:
            return self._term(language)
        left, right = (self._expression(language, depth - 1) for _ in range(2))
        if kind < 0.5:
            return f"({left} AND {right})"
        if kind < 0.65:
            return f"({left} OR {right})"
        if kind < 0.8:
            return f"({left} NOT {self._expression(language, depth - 1)})"
        a, b = self._term(language), self._term(language)
        return f"({a} {self._chance.choice(('NEAR', 'ONEAR'))}/{self._chance.randint(0, 5)} {b})"

    def _term(self, language: str) -> str:  # noqa: PLR0911  # one for each kind
        word = self._word(language).strip("#")
        kind = self._chance.random()
        if kind < 0.45:
            return f'"{word}"' if word.endswith("+") else word
        if kind < 0.55 and word[:2].isalpha():
            return f"{word[: self._chance.randint(2, 4)].strip('-.')}*"
        if kind < 0.65:
            return f"={word}"
        if kind < 0.8:
            return f'"{word} {self._word(language)}"'
        if kind < 0.85:
            return f'"{word} {self._word(language)}"~{self._chance.randint(0, 4)}'
        if kind < 0.9:
            return (
                f'"{word} {self._word(language)[:3]}*"'
                if self._word(language)[:3].isalpha()
                else word
            )
        return f"{self._chance.choice(('title', 'body'))}:{word.rstrip('+')}"

    def make_label(self) -> str:
        return self._chance.choice(
            ("source:courier.org", "source:co.uk", "source:gazette", "lang:de", "-source:courier")
        )
