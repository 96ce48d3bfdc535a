"""Dictionaries of lemmas as word graphs: small, quick to load, shared between processes that fork.

simplemma's dictionaries as Python dicts take 6 to 370 MB each, in every process that touches them. A graph stores for each
word the number of a rule ("cut two letters, add y"), so that whole tables of inflections share one tail: 3.7 million Polish
words are 2.4 MB. Its memory has no reference counts, so a fork copies none of it. It is built at first use, which takes
two to four times as long as loading the dict took, and kept in the user's cache; the lemmas are the same.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simplemma.strategies.dictionaries import (
    DEFAULT_DICTIONARY_FACTORY,
    LOW_MEMORY_DICTIONARY_FACTORY,
    dictionary_factory,
    frontcode,
)

from crawler.machine.cache import find_cache_folder
from crawler.machine.processes.python_child import child_environment, python_command
from crawler.matching.languages.rules import DECIDED_BY_DICTIONARY, DICTIONARIES

try:
    import dawg
except (
    ImportError
):  # it has no wheels for Linux on ARM: there the dictionaries are dicts or streams
    dawg = None

# letters to cut from the end of a word, and what to add
_Rule = tuple[int, str]
# read back only if all is as it was written: another release of either library makes another file
_RELEASE = f"1-simplemma-{version('simplemma')}" + (f"-dawg2-{version('dawg2')}" if dawg else "")
_DIGEST_BYTES = 16
# seconds; the largest dictionary takes 8 s of a processor, and a small machine may be busy
_LONGEST_BUILD = 300


class WordGraph(Mapping[str, str]):
    """The lemmas of one language: word -> lemma.

    graph  word -> number of a rule
    rules  how the lemma is made of the word
    """

    def __init__(self, graph: Any, rules: list[_Rule]) -> None:
        self._graph = graph
        self._rules = rules

    def get(self, key: str, default: Any = None) -> Any:
        """Return the lemma of a word."""
        number = self._graph.get(key, -1)
        if number < 0:
            return default
        cut, end = self._rules[number]
        return key[: len(key) - cut] + end

    def __getitem__(self, key: str) -> str:
        lemma: str | None = self.get(key)
        if lemma is None:
            raise KeyError(key)
        return lemma

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the words of a graph are not listed")

    def __len__(self) -> int:
        raise TypeError("the words of a graph are not counted")

    def to_bytes(self) -> bytes:
        """Return the graph as it is kept in a file."""
        rules = json.dumps(self._rules).encode()
        content = len(rules).to_bytes(4, "big") + rules + self._graph.tobytes()
        stored: bytes = _digest(content) + content
        return stored

    @classmethod
    def from_bytes(cls, stored: bytes) -> "WordGraph":
        """Return the graph that was kept; raises ValueError if these are other bytes than were written."""
        digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        # a damaged graph could make the library read anywhere
        if len(content) < 4 or digest != _digest(content):
            raise ValueError("the file is damaged")
        end = 4 + int.from_bytes(content[:4], "big")
        graph = dawg.IntDAWG()
        graph.frombytes(content[end:])
        return cls(graph, [(cut, added) for cut, added in json.loads(content[4:end])])


def has_lemmas(language: str) -> bool:
    """Return whether ``load_lemmas`` reads a file, instead of building a graph or a dict for seconds."""
    folder = find_cache_folder()
    return dawg is not None and folder is not None and _path_in(folder, language).exists()


def build_in_child(language: str) -> None:
    """Build the graph of a language and put it into the cache, in a process of its own.

    Building takes up to 8 s of one processor and memory that this process would keep. A child that fails says so by the file
    that is missing.
    """
    command = python_command("crawler.matching.analysis.word_graph", language)
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603 - a module of ours
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=_LONGEST_BUILD,
        )


def load_lemmas(language: str) -> Mapping[str, str]:
    """Return the lemmas of a language: from the user's cache, or built and put there if it can be written.

    Two processes that need the same one wait for each other. A cache that cannot be read or written costs time, nothing
    else: the graph is then built in memory.
    """
    if dawg is None:
        return _load_without_graph(language)
    folder = find_cache_folder()
    if folder is None:
        return build_graph(language)
    path = _path_in(folder, language)
    found = _read(path)
    if found is not None:
        return found
    with _only_one(path):
        # another process may have written it meanwhile
        found = _read(path)
        if found is not None:
            return found
        graph = build_graph(language)
        with suppress(OSError):
            _keep(path, graph.to_bytes(), language)
        return graph


def _load_without_graph(language: str) -> Mapping[str, str]:
    # a stream is a seventh of the dict, and a look-up takes 20 µs in place of 1: too much only where unknown words are
    # guessed at, with dozens of look-ups each
    is_looked_up = language in {DICTIONARIES[code] for code in DECIDED_BY_DICTIONARY}
    factory = LOW_MEMORY_DICTIONARY_FACTORY if is_looked_up else DEFAULT_DICTIONARY_FACTORY
    return factory.get_dictionary(language)


def _path_in(folder: Path, language: str) -> Path:
    return folder / "lemmas" / f"{language}-{_RELEASE}"


def _read(path: Path) -> WordGraph | None:
    try:
        return WordGraph.from_bytes(path.read_bytes())
    except (OSError, ValueError):
        return None


def build_graph(language: str) -> WordGraph:
    """Return the lemmas of a language, made from simplemma's dictionary without ever holding it as a dict."""
    numbers: dict[_Rule, int] = {}
    graph = dawg.IntDAWG(_number_rules(language, numbers), input_is_sorted=True)
    return WordGraph(graph, list(numbers))


def _number_rules(language: str, numbers: dict[_Rule, int]) -> Iterator[tuple[str, int]]:
    """Yield each word, in order of its bytes, with the number of its rule, which is added to ``numbers``."""
    # the library's own stream, private to it: its public mappings hold all words in memory, or look each up anew
    stream = dictionary_factory._read_decompressed(language)
    is_reversed, _, at = frontcode._read_header(stream)
    if is_reversed:
        raise ValueError(f"the dictionary of {language} is sorted by its words' ends")
    for _, word, lemma in frontcode._iter_records(stream, at):
        text, whole = word.decode(), lemma.decode()
        kept = _count_common(text, whole)
        rule = len(text) - kept, whole[kept:]
        yield text, numbers.setdefault(rule, len(numbers))


def _count_common(one: str, other: str) -> int:
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is being built; go on without it where there are no locks or no folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path.parent / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _keep(path: Path, content: bytes, language: str) -> None:
    """Write a file whole or not at all, and remove those of other releases."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".building-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    for other in path.parent.glob(f"{language}-*"):
        if other != path:
            other.unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


if __name__ == "__main__":
    load_lemmas(sys.argv[1])
