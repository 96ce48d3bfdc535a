"""The cost of a language's dictionaries as word graphs, compared with the dicts that simplemma makes of them.

    python -m bench.dictionaries [--languages en de pl]

Each figure is from a process of its own. Memory is what the process uses more than before, without pages shared with others.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crawler.matching.languages.rules import DICTIONARIES

_DICT, _BUILT, _LOADED = "dict", "built", "loaded"


def main() -> None:
    """Print a line for each language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--languages", nargs="+", default=sorted(set(DICTIONARIES.values())))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(*arguments.one)))
        return
    print(
        "| language | words | dict: CPU s | MB | graph, built: CPU s | loaded: CPU ms | MB | file MB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for language in arguments.languages:
        with tempfile.TemporaryDirectory() as cache:
            old, new, again = (run(language, how, cache) for how in (_DICT, _BUILT, _LOADED))
            (file,) = (path for path in Path(cache, "lemmas").iterdir() if path.name[0] != ".")
            print(
                f"| {language} | {old['words']:,.0f} | {old['cpu']:.2f} | {old['mb']:.0f} | {new['cpu']:.2f} "
                f"| {again['cpu'] * 1000:.0f} | {again['mb']:.1f} | {file.stat().st_size / 1e6:.1f} |",
                flush=True,
            )


def run(language: str, how: str, cache: str) -> dict[str, float]:
    """Return the figures of one way, measured in a new process."""
    command = [sys.executable, "-m", "bench.dictionaries", "--one", language, how]
    environment = {**os.environ, "CACHE_DIRECTORY": cache}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(language: str, how: str) -> dict[str, float]:
    """Load a dictionary in this process; return its words, processor seconds and megabytes."""
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory

    from crawler.matching.analysis.word_graph import load_lemmas

    load: Callable[[str], object] = (
        DefaultDictionaryFactory().get_dictionary if how == _DICT else load_lemmas
    )
    memory, start = read_memory(), time.process_time()
    lemmas = load(language)
    end = time.process_time()
    return {
        "words": len(lemmas) if how == _DICT and hasattr(lemmas, "__len__") else 0,
        "cpu": end - start,
        "mb": (read_memory() - memory) / 1e6,
    }


def read_memory() -> int:
    """Return the bytes of memory that this process shares with no other."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    main()
