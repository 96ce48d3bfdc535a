"""Functions that tests have the parse pool run; workers import this module by its name."""

import ctypes
import logging
import os
import sys
import time
from pathlib import Path
from typing import Never

import trafilatura

from crawler.errors import NotAnArticle
from crawler.matching.analysis.analyzer import analyze


def say(word: str) -> str:
    return word


def take_size(body: bytes) -> int:
    return len(body)


def report_process() -> tuple[int, int]:
    """Return the process ids of the worker and of the fork server."""
    return os.getpid(), os.getppid()


def list_open_files() -> list[str]:
    """Return the targets of a worker's open descriptors, from /proc."""
    files = [*Path("/proc/self/fd").iterdir()]
    return [str(file.readlink()) for file in files if file.is_symlink()]


def complain(*words: str) -> None:
    """Log a warning for each of the words, as a library does."""
    for word in words:
        logging.getLogger("library").warning("a style is broken: %s", word)


def stumble(word: str) -> None:
    """Log an error with a traceback, as a library does."""
    try:
        os.environ[word]
    except KeyError:
        logging.getLogger("library").exception("no font")


def read_nothing() -> object:
    """Have the extractor read a page without a text, of which it logs an error."""
    return trafilatura.bare_extraction("<html><body><p></p></body></html>")


def refuse(reason: str) -> Never:
    raise NotAnArticle(reason)


def break_down() -> Never:
    raise KeyError("no such thing")


def return_a_function() -> object:
    """Return a function, which cannot be pickled and sent back."""
    return lambda: None


def end_the_process() -> Never:
    sys.exit(3)


def kill_yourself(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)
    wait_for_ever("")


def take_all_memory() -> int:
    return len(bytearray(10**12))


def crash() -> None:
    ctypes.string_at(0)


def wait_for_ever(begun: str) -> None:
    """Create a file as a sign of having begun, and never end."""
    if begun:
        Path(begun).write_text(str(os.getpid()))
    while True:
        time.sleep(3600)


def wait_for(path: str, begun: str = "", answer: str = "") -> str:
    """Create a file as a sign of having begun, and end as soon as another one exists."""
    if begun:
        Path(begun).write_text(str(os.getpid()))
    while not Path(path).exists():
        time.sleep(0.005)
    return answer


def note(path: str, word: str) -> str:
    """Append a word to a file, which so records the order of calls."""
    with Path(path).open("a") as file:
        file.write(f"{word}\n")
    return word


def note_and_wait_for_ever(path: str, word: str) -> None:
    note(path, word)
    wait_for_ever("")


def list_keys(text: str) -> list[str]:
    """Return the keys of a text in a language without a dictionary."""
    return sorted(analyze("", text, language="ja").places)
