"""What queries find in each language: the cases of the tests, those held out, and every name and noun of labelled text.

    python -m bench.matching --languages [--treebanks DIR] [--before CHECKOUT]

A treebank of Universal Dependencies (https://universaldependencies.org) says of every word of real sentences what its lemma
is. Each lemma of a name or noun is asked as a query, against every word of the treebank, in small letters as texts are
analysed: *found* are its other forms, of those there are; *false* are words of other lemmas that it finds. Lemmas are an
annotator's view (in some languages an adjective of a name has the name's lemma, in others not), so compare columns rather
than read figures. ``--before`` measures another checkout in the same run, by this file.
"""

import importlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from crawler.errors import QuerySyntaxError
from crawler.matching.analysis.analyzer import analyze
from crawler.matching.analysis.inflection import keys_of, search_keys
from crawler.matching.matcher import compile_watch, holds
from crawler.model.watch import Watch

CASES = Path(__file__).parents[2] / "tests" / "texts" / "matching"
# annotators write vowel signs of Arabic that texts leave out, and mark compounds and derivations
_NOT_IN_LEMMAS = re.compile("[\u064b-\u0652\u0670_=]")
# of names in scripts with capitals, only lemmas with one are names and not titles or units
_KINDS = {"PROPN": "names", "NOUN": "nouns"}
_NO_CAPITALS_FROM = "\u0590"
_FEWEST_LETTERS = 3


def _find_fold() -> Callable[[str], str]:
    # an earlier checkout has this elsewhere
    try:
        module = importlib.import_module("crawler.matching.folding.letters")
    except ImportError:
        module = importlib.import_module("crawler.matching.analysis.inflection")
    found: Callable[[str], str] = module.fold
    return found


fold = _find_fold()


@dataclass(slots=True)
class Score:
    """How many of the wanted were found, and how many of the unwanted."""

    found: int = 0
    wanted: int = 0
    false: int = 0
    asked: int = 0


def score_cases(folder: Path) -> dict[str, Score]:
    """Return the score of each language's cases in a folder; of the unwanted, ``asked`` is the number of cases."""
    scores: dict[str, Score] = {}
    for file in sorted(folder.glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            language, query, text, expected = line.split("\t")
            score = scores.setdefault(language, Score())
            is_found = _finds(query, text, language)
            if expected == "yes":
                score.wanted, score.found = score.wanted + 1, score.found + is_found
            else:
                score.asked, score.false = score.asked + 1, score.false + is_found
    return scores


def _finds(query: str, text: str, language: str) -> bool:
    try:
        watch = compile_watch(Watch(id=1, name="case", query=query))
    except QuerySyntaxError:  # an earlier checkout cannot read it
        return False
    return holds(watch, analyze("", text, language=language))


@dataclass(slots=True)
class _Treebank:
    """The different words of a treebank in small letters, with the lemmas of each, folded; and the words of each lemma by kind."""

    lemmas: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def read_treebank(file: Path) -> _Treebank:
    """Return the words of a CoNLL-U file; words written as one (בישראל) have the lemmas of all their parts."""
    found = _Treebank()
    for word, parts in _read_words(file):
        if not _is_word(word):
            continue
        for raw, kind in parts:
            lemma = _NOT_IN_LEMMAS.sub("", raw)
            found.lemmas[word.lower()].add(fold(lemma.lower()))
            is_name = kind == "PROPN" and (lemma[:1].isupper() or lemma >= _NO_CAPITALS_FROM)
            if len(lemma) >= _FEWEST_LETTERS and _is_word(lemma) and (is_name or kind == "NOUN"):
                found.words[lemma, kind].add(word.lower())
    return found


def _is_word(text: str) -> bool:
    # vowel signs of Indic scripts are not letters to Python
    return text.isalpha() or all("\u0900" <= sign <= "\u09ff" for sign in text)


def _read_words(file: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each word as written, with lemma and kind of its parts."""
    last, parts = 0, list[tuple[str, str]]()
    written = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) < 4 or "." in cells[0]:
            continue
        if "-" in cells[0]:
            last, written, parts = int(cells[0].split("-")[1]), cells[1], []
            continue
        number = int(cells[0])
        if number == 1 and last and parts:
            last = 0
        if number <= last:
            parts.append((cells[2], cells[3]))
            if number == last:
                yield written, parts
                last = 0
            continue
        yield cells[1], [(cells[2], cells[3])]


def score_treebank(file: Path, language: str) -> dict[str, Score]:
    """Return the scores of names and of nouns."""
    bank, rules = read_treebank(file), analyze("", "", language=language).rules
    words_of: dict[str, set[str]] = defaultdict(set)
    for word in bank.lemmas:
        for key in keys_of(word, rules):
            words_of[key].add(word)
    scores = {kind: Score() for kind in _KINDS.values()}
    for (lemma, kind), words in bank.words.items():
        own = fold(lemma.lower())
        got = set[str]().union(*(words_of.get(key, ()) for key in search_keys(lemma, rules)))
        others = {word for word in words if fold(word) != own}
        score = scores[_KINDS[kind]]
        score.asked += 1
        score.wanted += len(others)
        score.found += len(others & got)
        score.false += sum(own not in bank.lemmas[word] and fold(word) != own for word in got)
    return scores


Rows = dict[str, dict[str, dict[str, int]]]


def measure(treebanks: Path | None) -> Rows:
    """Return the scores as JSON holds them: what was asked -> language -> score."""
    rows: Rows = {
        "cases": _write(score_cases(CASES)),
        "held out": _write(score_cases(CASES / "held_out")),
    }
    for file in sorted(treebanks.glob("*.conllu")) if treebanks else ():
        language = file.name.split("_")[0]
        for kind, score in score_treebank(file, language).items():
            if score.wanted:
                rows.setdefault(kind, {})[file.stem] = asdict(score)
    return rows


def _write(scores: dict[str, Score]) -> dict[str, dict[str, int]]:
    return {language: asdict(score) for language, score in scores.items()}


def print_languages(treebanks: Path | None, before: Path | None) -> None:
    """Print a table for cases, held-out cases, names and nouns, each with a row for every language."""
    after, earlier = measure(treebanks), _measure_checkout(treebanks, before) if before else {}
    for kind, rows in after.items():
        past = earlier.get(kind, {})
        print(f"\n**{kind}**\n\n| | found | false |{' found before | false before |' * bool(past)}")
        print(f"|{' --- |' * (5 if past else 3)}")
        for name, row in rows.items():
            cells = _list_cells(row) + (_list_cells(past[name]) if name in past else [])
            print(f"| {name} | {' | '.join(cells)} |")


def _list_cells(row: dict[str, int]) -> list[str]:
    return [f"{row['found']} of {row['wanted']}", f"{row['false']} of {row['asked']}"]


def _measure_checkout(treebanks: Path | None, checkout: Path) -> Rows:
    """Return what another checkout finds, asked by this file in a process of its own."""
    command = [
        sys.executable,
        str(Path(__file__).resolve()),
        *([str(treebanks.resolve())] if treebanks else []),
    ]
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=checkout
    )
    rows: Rows = json.loads(done.stdout)
    return rows


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None)))
