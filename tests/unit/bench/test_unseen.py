"""A forked process remembers no text that its parent has not read, and says the same as its parent would."""

import gzip
import json
from pathlib import Path

from bench.matching.unseen import Times, read_new_texts, sum_up, time_forked, time_new, time_text
from bench.matching.watches import Text
from crawler.matching.analysis.analyzer import Document, analyze
from crawler.matching.matcher import compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Watch

_TEXT = Text("A drone over the harbour", "It was seen twice before it fell into the sea.")
_OTHER = Text("Weather", "Rain.")


def _analyze(text: Text) -> Document:
    return analyze(text.headline, text.body, language="en")


def _index() -> WatchIndex:
    index = WatchIndex()
    index.add(compile_watch(Watch(id=1, name="drones", query="drone")))
    return index


def test_a_forked_process_finds_the_same_watches_and_takes_some_time() -> None:
    index = _index()

    forked, here = time_forked(_TEXT, index, _analyze), time_text(_TEXT, index, _analyze)

    assert forked.hits == here.hits == 1
    assert min(forked.analyse, forked.find, forked.prove) > 0


def test_what_a_forked_process_read_is_not_remembered_by_its_parent() -> None:
    read = []

    def analyse(text: Text) -> Document:
        read.append(text)
        return _analyze(text)

    time_forked(_TEXT, _index(), analyse)

    assert not read


def test_the_first_texts_are_read_and_not_counted() -> None:
    read = []

    def analyse(text: Text) -> Document:
        read.append(text)
        return _analyze(text)

    times = time_new([_OTHER, _OTHER, _TEXT], _index(), analyse, remembered=2)

    assert len(read) == 3
    assert [one.hits for one in times] == [1]


def test_new_texts_are_long_english_and_no_edits(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl.gz"
    long = "A drone over the harbour. " * 150
    items = [
        {"title": "kept", "lang": "en", "fam": "", "body": long},
        {"title": "an edit", "lang": "en", "fam": "f1", "body": long},
        {"title": "German", "lang": "de", "fam": "", "body": long},
        {"title": "short", "lang": "en", "fam": "", "body": "A drone."},
    ]
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(item) + "\n" for item in items)

    assert [text.headline for text in read_new_texts(file)] == ["kept"]


def test_times_are_summed_up_as_medians_and_hits_as_a_mean() -> None:
    times = [Times(analyse=a, find=1, prove=2, hits=h) for a, h in ((1, 0), (2, 0), (9, 6))]

    figures = sum_up(times, "new")

    assert figures["analyse, new"] == 2
    assert figures["hits an article, new"] == 2
