"""Dictionaries, which are large and slow to load: each is loaded once, before the text that needs it is analysed."""

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.matching.analysis.inflection import dictionaries_of

ROOT = Path(__file__).resolve().parents[3]
THREADS = """
import threading
from crawler.matching.analysis import inflection

start = threading.Barrier(6)
def load(function):
    start.wait()
    function()

jobs = [lambda: inflection.prepare("lv")] * 3 + [lambda: inflection.keys_of("laivas", "lv")] * 3
threads = [threading.Thread(target=load, args=(job,)) for job in jobs]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(inflection.LOADED.load_count)
"""
PAGES = """
import asyncio, uvloop
from crawler.flows.process.dictionaries import Dictionaries
from crawler.matching.analysis import inflection

async def main():
    dictionaries = Dictionaries()
    dictionaries.expect_words(["дрон OR drone"])
    text = "Laiva izgāja no ostas."
    loads = [asyncio.ensure_future(dictionaries.load_for_text(text, "lv")) for _ in range(6)]
    await asyncio.sleep(0)
    loads.pop(0).cancel()  # a page that is let go of takes nothing from the others
    await asyncio.gather(*loads)
    before = inflection.LOADED.load_count
    for word in ("Laiva", "ostas", "дрон", "drone"):
        inflection.keys_of(word, "lv")
    print(before, inflection.LOADED.load_count, inflection.is_prepared("lv"))
    dictionaries.close()

asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
"""


def run(script: str) -> str:
    """Run in a process of its own: in this one the dictionaries may already be loaded."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout.strip()


def test_threads_that_need_one_dictionary_load_it_once() -> None:
    assert run(THREADS) == "1"


def test_pages_of_one_language_load_it_once_and_the_watches_words_are_ready_too() -> None:
    assert run(PAGES) == "2 2 True"  # lv, and ru for the watch


@pytest.mark.parametrize(
    ("text", "language", "needed"),
    [
        ("The ferry", "en", {"en"}),
        ("The ferry «Паром»", "en", {"en", "ru"}),
        ("Паром", "uk", {"uk"}),
        ("Паром MSC", "uk", {"uk", "en"}),
        ("Паром MSC", "sr", {"sr", "en"}),
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
