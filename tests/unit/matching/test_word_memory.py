"""The file of seen words: what is read from it is what would have been found out, and no damage to it does harm."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.matching.analysis import analyzer, inflection, word_memory
from crawler.matching.analysis.analyzer import Document, analyze
from crawler.matching.analysis.word_memory import WordFile
from tests.storage.disks import mount_small_disk, needs_root

TEXTS = [
    ("en", "Anti-drone nets", "The harbour master's nets (C++ driven) caught two UAVs, said U.S. officials."),
    ("de", "Drohnen über dem Hafen", "Zwei Drohnen-Schwärme überflogen nachts die Häfen; C# half nicht."),
    ("en", "Дроны над гаванью", "Two Дроны were seen above Київ."),
    ("ja", "港の上のドローン", "二機のドローンが港を横切った。"),
]  # fmt: skip


def forget() -> None:
    """Forget all words, as a new process."""
    analyzer._MEMORIES.clear()
    inflection.keys_of.cache_clear()


def analyse_all() -> list[Document]:
    return [analyze(headline, body, language=language) for language, headline, body in TEXTS]


def count_remembered() -> int:
    return sum(len(list(pieces)) for _, pieces in analyzer.list_remembered())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of the file, after dictionaries were loaded from the usual one."""
    analyse_all()
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    forget()
    yield tmp_path / "words"
    forget()


@pytest.fixture
def file(folder: Path) -> Path:
    """Return the file with the words of all texts, which this process has forgotten."""
    analyse_all()
    WordFile().save()
    forget()
    return find_file(folder)


def find_file(folder: Path) -> Path:
    (found,) = (path for path in folder.iterdir() if path.name[0] != ".")
    return found


def test_texts_are_analysed_with_words_from_the_file_as_without(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = analyse_all()
    forget()

    assert WordFile().load()
    # of what is known, nothing is found out again
    monkeypatch.setattr(analyzer, "keys_of", None)
    found = [analyze(headline, body, language=language) for language, headline, body in TEXTS[:3]]

    for one, other in zip(found, expected, strict=False):
        assert (one.places, one.widths) == (other.places, other.widths)


def test_the_file_is_read_again_only_after_it_was_written(file: Path) -> None:
    words = WordFile()

    assert [words.load(), words.load()] == [True, False]
    analyze("", " ".join(f"newword{number}" for number in range(100)), language="en")
    words.save()
    assert [words.load(), words.load()] == [True, False]


def test_words_of_two_processes_are_kept_and_few_new_ones_are_not_worth_a_write(
    file: Path,
) -> None:
    words = WordFile()
    analyze("", " ".join(f"newword{number}" for number in range(100)), language="en")
    words.save()
    forget()
    analyze("", "onlyone", language="en")
    words.save()
    forget()

    words.load()

    known = {text for _, pieces in analyzer.list_remembered() for text, *_ in pieces}
    assert {"newword7", "nets"} <= known
    assert "onlyone" not in known


def test_the_file_has_bounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_memory, "_MOST_OF_A_LANGUAGE", 50)
    monkeypatch.setattr(word_memory, "_MOST_PIECES", 80)
    for language in ("en", "de"):
        analyze("", " ".join(f"word{number}" for number in range(500)), language=language)
    WordFile().save()
    forget()

    WordFile().load()

    counts = {name: len(list(pieces)) for name, pieces in analyzer.list_remembered()}
    assert counts == {"en": 50, "de": 30}


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"x" * 100, b"{}", "truncated", "one bit", "long", "other types", "no table"],
)
def test_a_damaged_file_is_as_none_and_is_written_anew(file: Path, content: bytes | str) -> None:
    whole = file.read_bytes()
    damaged = {
        "truncated": whole[:-1],
        "one bit": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
        "long": whole + b" " * word_memory._MOST_BYTES,
        "other types": sign({"en": {"nets": 7}}),
        "no table": sign([1, 2]),
    }
    file.write_bytes(damaged[content] if isinstance(content, str) else content)
    expected = [document.places for document in analyse_all()]
    forget()

    WordFile().load()
    assert [document.places for document in analyse_all()] == expected


def sign(facts: object) -> bytes:
    content = json.dumps(facts).encode()
    return word_memory._digest(content) + content


def test_a_file_of_somebody_else_is_not_read(file: Path) -> None:
    file.chmod(0o666)

    assert not WordFile().load()


@needs_root
def test_a_file_owned_by_another_user_is_not_read(file: Path) -> None:
    os.chown(file, 12345, 12345)

    assert not WordFile().load()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_not_read(file: Path, tmp_path: Path, kind: str) -> None:
    whole = tmp_path / "whole"
    file.rename(whole)
    if kind == "link":
        file.symlink_to(whole)
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()

    assert not WordFile().load()


def test_a_cache_that_cannot_be_written_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "file"))
    analyse_all()

    WordFile().save()

    assert not WordFile().load()


@needs_root
def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        monkeypatch.setenv("CACHE_DIRECTORY", str(disk.path))
        forget()
        analyse_all()
        WordFile().save()
        file = find_file(disk.path / "words")
        before = file.read_bytes()
        analyze("", " ".join(f"longword{number}" for number in range(9000)), language="en")
        disk.fill()

        WordFile().save()

        assert file.read_bytes() == before
        assert not [path for path in file.parent.iterdir() if "writing" in path.name]
    forget()


def test_files_of_other_releases_are_removed(file: Path) -> None:
    old = file.with_name("2-simplemma-0")
    old.write_bytes(b"old")
    analyze("", " ".join(f"newword{number}" for number in range(100)), language="en")

    WordFile().save()

    assert not old.exists()
