"""Dictionaries, which are large and slow to load: each is loaded once, before the text that needs it is analysed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from crawler.matching.analysis.inflection import search_keys
from crawler.matching.languages.dictionaries import dictionaries_of

ROOT = Path(__file__).resolve().parents[3]
THREADS = """
import threading
from crawler.matching.analysis import inflection
from crawler.matching.languages import dictionaries as lemmas

start = threading.Barrier(6)
def load(function):
    start.wait()
    function()

jobs = [lambda: lemmas.prepare("lv")] * 3 + [lambda: inflection.keys_of("laivas", "lv")] * 3
threads = [threading.Thread(target=load, args=(job,)) for job in jobs]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(lemmas.LOADED.load_count)
"""
PAGES = """
import asyncio, uvloop
from crawler.flows.process.dictionaries import Dictionaries
from crawler.matching.languages import dictionaries as lemmas

async def main():
    dictionaries = Dictionaries()
    dictionaries.expect_words(["дрон OR drone"])
    text = "Laiva izgāja no ostas."
    print(lemmas.can_prepare([text, "дрон"], "lv"), end=" ")
    loads = [asyncio.ensure_future(dictionaries.load_for_text(text, "lv")) for _ in range(6)]
    await asyncio.sleep(0)
    loads.pop(0).cancel()  # a page that is let go of takes nothing from the others
    await asyncio.gather(*loads)
    print(lemmas.LOADED.load_count, lemmas.can_prepare([text, "дрон"], "lv"))
    dictionaries.close()

asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
"""


def run(script: str, cache: Path | None = None) -> str:
    """Run in a process of its own: in this one the dictionaries may already be loaded."""
    environment = {**os.environ, **({"CACHE_DIRECTORY": str(cache)} if cache else {})}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env=environment,
    )
    return done.stdout.strip()


WITHOUT_GRAPHS = """
import sys
sys.modules["dawg"] = None  # as on a machine it has no wheel for
from crawler.matching.analysis.inflection import search_keys
from crawler.matching.languages.dictionaries import find_lemmas
print(len(search_keys("Plenković", "hr")), search_keys("kuće", "hr")[0], "בירושלים" in find_lemmas("he"), type(find_lemmas("he")).__name__)
"""


def test_where_there_are_no_word_graphs_the_forms_are_the_same() -> None:
    here = len(search_keys("Plenković", "hr"))

    assert run(WITHOUT_GRAPHS) == f"{here} kuca False StreamMap"


def test_threads_that_need_one_dictionary_load_it_once() -> None:
    assert run(THREADS) == "1"


@pytest.mark.skipif(find_spec("dawg") is None, reason="it has no wheel for this machine")
def test_pages_of_one_language_have_it_built_once_and_that_of_the_watches_words_too(
    tmp_path: Path,
) -> None:
    assert run(PAGES, tmp_path) == "False 0 True"
    built = sorted(file.name[:3] for file in (tmp_path / "lemmas").glob("[a-z]*"))
    assert built == ["lv-", "ru-"]


def test_where_nothing_can_be_kept_they_are_loaded_into_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert run(PAGES, tmp_path / "file") == "False 2 True"


@pytest.mark.parametrize(
    ("text", "language", "needed"),
    [
        ("The ferry", "en", {"en"}),
        ("The ferry «Паром»", "en", {"en", "ru"}),
        ("Паром", "uk", {"uk"}),
        ("Паром MSC", "uk", {"uk", "en"}),
        ("Паром MSC", "sr", {"sr", "hr"}),
        ("Ferry מעבורת", "en", {"en", "he"}),
        ("Trajekt", "bs", {"hr"}),
        ("Die Fähre", "de", {"de"}),
        ("العبارة MSC", "ar", {"ar", "en"}),
        ("کشتی", "fa", {"fa"}),
        ("フェリー", "ja", {"ja"}),
        ("The ferry", "", {"", "en"}),
        ("", "pl", {"pl"}),
    ],
)
def test_words_in_other_scripts_need_other_dictionaries(
    text: str, language: str, needed: set[str]
) -> None:
    assert dictionaries_of((text,), language) == needed
