"""What it brings to know the words of earlier articles: analysing articles whose words no process has met before.

    python -m bench.words [--data DIR ...]

Real articles of the corpora, as they are, half of them read on "earlier days" and the other half analysed: with nothing
known, with what the file of words holds of the earlier half, and with all they say known. Milliseconds of processor time an
article, dictionaries loaded.
"""

import argparse
import gc
import os
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.endtoend.__main__ import DATA
from bench.endtoend.keep import make_page
from bench.endtoend.pages import read_originals
from crawler.errors import WatchwordError
from crawler.extract.article import extract_article
from crawler.matching.analysis import analyzer, inflection
from crawler.matching.analysis.word_memory import WordFile
from crawler.matching.languages.dictionaries import prepare
from crawler.model.article import Article

_ROUNDS = 4


def read_articles(folders: Sequence[Path]) -> list[Article]:
    """Return the articles of the corpora, in an order of chance that is the same each time."""
    found = []
    for original in read_originals(folders):
        try:
            found.append(extract_article(make_page(original.content)))
        except WatchwordError:
            continue
    random.Random(3).shuffle(found)
    return found


def forget() -> None:
    """Forget all words, as a new process."""
    analyzer._MEMORIES.clear()
    inflection.keys_of.cache_clear()


def measure(articles: Sequence[Article]) -> float:
    """Return the milliseconds of processor time an article."""
    # as the fork server does: what is known is not looked through again and again
    gc.collect()
    gc.freeze()
    began = time.process_time()
    for article in articles:
        analyzer.analyze(article.headline, article.body, language=article.language)
    return (time.process_time() - began) * 1000 / len(articles)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, action="append", help="a folder of real pages")
    articles = read_articles(parser.parse_args().data or DATA)
    earlier, new = articles[::2], articles[1::2]
    for language in {article.language for article in articles}:
        prepare(language)
    forget()
    measure(earlier)
    # dictionaries are loaded by now, so their cache is not looked for in this folder
    with tempfile.TemporaryDirectory() as name:
        os.environ["CACHE_DIRECTORY"] = name
        WordFile().save()
        (file,) = (path for path in Path(name, "words").iterdir() if path.name[0] != ".")
        size, found = file.stat().st_size, list[tuple[float, ...]]()
        for _ in range(_ROUNDS):
            forget()
            cold = measure(new)
            known = measure(new)
            forget()
            began = time.process_time()
            WordFile().load()
            load_ms = (time.process_time() - began) * 1000
            found.append((cold, measure(new), known, load_ms))
    # the least, because whatever else runs on the machine only adds to it
    cold, warm, known, load_ms = (min(times) for times in zip(*found, strict=True))
    print(
        "| articles | nothing known, ms | words of earlier ones, ms | all known, ms | file, MB | read in, ms |"
    )
    print("| --- " * 6 + "|")
    print(
        f"| {len(new)} after {len(earlier)} | {cold:.1f} | {warm:.1f} | {known:.1f} | {size / 1e6:.1f} | {load_ms:.0f} |"
    )


if __name__ == "__main__":
    main()
