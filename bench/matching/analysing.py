"""What analysing costs in each language, beside another checkout: in turns, each time in a new process.

    python -m bench.matching --languages --treebanks DIR --before CHECKOUT --analyse

The sentences of a treebank are put together into articles of forty, which are analysed with no word known, and again with all
known. Milliseconds of processor time an article, the least of all rounds, dictionaries
loaded.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_ROUNDS = 7
_SENTENCES = 40
_MOST_ARTICLES = 50
Times = dict[str, tuple[float, float]]


def read_texts(file: Path) -> list[str]:
    """Return the sentences of a CoNLL-U file as articles."""
    lines = file.read_text(encoding="utf-8").splitlines()
    sentences = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    starts = range(0, min(len(sentences), _SENTENCES * _MOST_ARTICLES), _SENTENCES)
    return [" ".join(sentences[start : start + _SENTENCES]) for start in starts]


def measure(files: Sequence[Path]) -> Times:
    """Return for each file the time an article takes with no word known, and with all known."""
    from crawler.matching.analysis.analyzer import analyze

    times: Times = {}
    for file in files:
        language, texts = file.name.split("_")[0], read_texts(file)
        # an earlier checkout has this elsewhere
        _find_prepare()(language)
        found = []
        for _ in range(2):
            began = time.process_time()
            for text in texts:
                analyze("", text, language=language)
            found.append((time.process_time() - began) * 1000 / len(texts))
        times[file.stem] = (found[0], found[1])
    return times


def _find_prepare() -> Callable[[str], None]:
    try:
        module = importlib.import_module("crawler.matching.languages.dictionaries")
    except ImportError:
        module = importlib.import_module("crawler.matching.analysis.inflection")
    prepare: Callable[[str], None] = module.prepare
    return prepare


def print_times(treebanks: Path, before: Path) -> None:
    """Print a row for each treebank: this checkout, the other one, and the ratio."""
    here = Path(__file__).parents[2]
    runs: dict[Path, list[Times]] = {here: [], before: []}
    for number in range(2 * _ROUNDS):
        checkout = (here, before)[number % 2]
        runs[checkout].append(_run(checkout, treebanks))
    print("\n| analysing, ms an article | new | new before | ratio | known | known before |")
    print(f"|{' --- |' * 6}")
    for name in runs[here][0]:
        (new, known), (old, old_known) = (
            tuple(min(times[name][place] for times in runs[checkout]) for place in range(2))
            for checkout in (here, before)
        )
        print(
            f"| {name} | {new:.2f} | {old:.2f} | {new / old:.2f} | {known:.2f} | {old_known:.2f} |"
        )


def _run(checkout: Path, treebanks: Path) -> Times:
    command = [sys.executable, str(Path(__file__).resolve()), str(treebanks.resolve())]
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=checkout
    )
    times: Times = json.loads(done.stdout)
    return times


if __name__ == "__main__":
    print(json.dumps(measure(sorted(Path(sys.argv[1]).glob("*.conllu")))))
