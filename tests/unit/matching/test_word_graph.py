"""Word graphs have simplemma's lemmas, and whatever befalls their files costs time and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from crawler.machine.cache import find_cache_folder
from crawler.matching.analysis.word_graph import WordGraph, build_graph, load_lemmas
from tests.storage.disks import mount_small_disk, needs_root

pytest.importorskip("dawg", reason="it has no wheel for this machine")
ROOT = Path(__file__).resolve().parents[3]
# the smallest with letters of several bytes
SMALL = "fa"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own; the folder of the files in it."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lemmas"


def files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.iterdir() if not path.name.startswith("."))


def is_whole(lemmas: object) -> bool:
    words = DefaultDictionaryFactory().get_dictionary(SMALL)
    assert isinstance(lemmas, WordGraph)
    return all(lemmas.get(word) == words[word] for word in words)


@pytest.mark.parametrize("language", ["en", "sq", "bg", SMALL])
def test_each_word_has_its_lemma_and_no_other_word_has_one(language: str) -> None:
    words = DefaultDictionaryFactory().get_dictionary(language)
    graph = WordGraph.from_bytes(build_graph(language).to_bytes())

    assert [word for word in words if graph.get(word) != words[word]] == []
    strangers = [word[::-1] for word in words if word[::-1] not in words]
    assert [word for word in strangers if graph.get(word) is not None] == []


def test_a_graph_is_built_once_and_read_from_then_on(cache: Path) -> None:
    load_lemmas(SMALL)
    (file,) = files(cache)
    written = file.stat()
    lemmas = load_lemmas(SMALL)

    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert is_whole(lemmas)


@pytest.mark.parametrize("damage", [b"", b"\0" * 15, b"\0" * 4000, None], ids=repr)
def test_a_damaged_file_is_built_anew(cache: Path, damage: bytes | None) -> None:
    load_lemmas(SMALL)
    (file,) = files(cache)
    whole = file.read_bytes()
    # None: one byte in its middle
    middle = len(whole) // 2
    turned = bytes([whole[middle] ^ 1])
    file.write_bytes(whole[:middle] + turned + whole[middle + 1 :] if damage is None else damage)

    assert is_whole(load_lemmas(SMALL))
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(cache: Path) -> None:
    cache.parent.write_text("a file in its place")

    assert is_whole(load_lemmas(SMALL))


@needs_root
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_takes_nothing_costs_nothing_but_time(cache: Path, fault: str) -> None:
    with mount_small_disk(cache.parent) as disk:
        disk.fill() if fault == "full" else disk.remount("ro")
        assert is_whole(load_lemmas(SMALL))
        # half a file would be read by the next process
        assert not cache.exists() or files(cache) == [] == list(cache.glob(".building-*"))

        disk.free() if fault == "full" else disk.remount("rw")
        load_lemmas(SMALL)
        assert len(files(cache)) == 1


def test_files_of_other_releases_are_removed(cache: Path) -> None:
    cache.mkdir(parents=True)
    old, other = cache / f"{SMALL}-0-simplemma-1.0", cache / "sq-0-simplemma-1.0"
    old.touch()
    other.touch()
    load_lemmas(SMALL)

    assert not old.exists()
    assert other.exists()


def test_processes_that_need_one_at_once_all_have_it(cache: Path) -> None:
    script = f"from crawler.matching.analysis.word_graph import load_lemmas; print(load_lemmas({SMALL!r}).get('کتاب‌ها'))"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(3)
    ]

    assert len({process.communicate()[0] for process in started}) == 1
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(files(cache)) == 1
    assert list(cache.glob(".building-*")) == []


def test_the_cache_is_where_the_system_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/folders/are/ignored")
    assert find_cache_folder() == tmp_path / ".cache" / "watchword"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert find_cache_folder() == tmp_path / "x" / "watchword"

    monkeypatch.setenv("CACHE_DIRECTORY", f"{tmp_path}/own:{tmp_path}/other")
    assert find_cache_folder() == tmp_path / "own"
