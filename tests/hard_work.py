"""What tests give the parse pool to do; workers import this module by its name."""

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Never

from crawler.errors import NotAnArticle


def say(word: str) -> str:
    return word


def take_size(body: bytes) -> int:
    return len(body)


def tell_process() -> tuple[int, int]:
    """Return the process ids of worker and fork server."""
    return os.getpid(), os.getppid()


def list_open_files() -> list[str]:
    """Return what a worker has open, as Linux names it."""
    files = [*Path("/proc/self/fd").iterdir()]
    return [str(file.readlink()) for file in files if file.is_symlink()]


def refuse(reason: str) -> Never:
    raise NotAnArticle(reason)


def break_down() -> Never:
    raise KeyError("no such thing")


def give_a_function() -> object:
    """Return what cannot be sent back."""
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
    """Say that it has begun by making a file, and never end."""
    if begun:
        Path(begun).write_text(str(os.getpid()))
    while True:
        time.sleep(3600)


def wait_for(path: str, begun: str = "", answer: str = "") -> str:
    """Say that it has begun, and end as soon as a file is there."""
    if begun:
        Path(begun).write_text(str(os.getpid()))
    while not Path(path).exists():
        time.sleep(0.005)
    return answer


def note(path: str, word: str) -> str:
    """Add a word to a file: what was done in which order."""
    with Path(path).open("a") as file:
        file.write(f"{word}\n")
    return word


def note_and_wait_for_ever(path: str, word: str) -> None:
    note(path, word)
    wait_for_ever("")
