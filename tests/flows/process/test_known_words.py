"""Workers have the words that earlier ones met, also those of a pool that has ended."""

from pathlib import Path

import pytest

from crawler.matching.analysis import analyzer
from crawler.matching.analysis.word_memory import WordFile
from tests.flows.process import hard_work
from tests.flows.process.test_pool import make_pool

WORD = "港"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the file; this process knows no words."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(analyzer, "_MEMORIES", {})
    return tmp_path / "words"


def save_marked() -> None:
    """Write a file in which the word has another key than it would be given, so that its use can be seen."""
    analyzer._MEMORIES.clear()
    analyzer.remember("ja", WORD, 1, ("=marker",), ())
    WordFile().save()


async def test_workers_know_the_words_of_the_file(folder: Path) -> None:
    save_marked()
    pool = make_pool()

    keys = await pool.run(hard_work.list_keys, WORD, source="a")

    pool.close()
    assert "=marker" in keys


async def test_a_damaged_file_keeps_no_worker_from_reading(folder: Path) -> None:
    save_marked()
    (file,) = (path for path in folder.iterdir() if path.name[0] != ".")
    file.write_bytes(file.read_bytes()[:-3])
    pool = make_pool()

    keys = await pool.run(hard_work.list_keys, WORD, source="a")

    pool.close()
    assert f"={WORD}" in keys


async def test_words_of_a_worker_outlive_it(folder: Path) -> None:
    pool = make_pool(process_count=1)
    for _ in range(51):
        await pool.run(hard_work.list_keys, WORD, source="a")
    pool.close()

    assert WordFile().load()
    assert {piece for _, pieces in analyzer.list_remembered() for piece, *_ in pieces} == {WORD}


async def test_a_worker_forked_later_has_words_that_were_kept_meanwhile(folder: Path) -> None:
    pool = make_pool(process_count=1)
    await pool.run(hard_work.list_keys, "何か", source="a")
    save_marked()

    pool._workers.retire(pool._idle.pop())
    keys = await pool.run(hard_work.list_keys, WORD, source="a")

    pool.close()
    assert "=marker" in keys
