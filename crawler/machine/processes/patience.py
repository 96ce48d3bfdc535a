"""Asking a folder that may never answer, as one of a server that is away does: whoever asks goes on after a while."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

_Answer = TypeVar("_Answer")
# a disk that sleeps needs some seconds to turn again
_SECONDS = 10.0
_unanswered: dict[str, threading.Thread] = {}


def ask_patiently(
    subject: str, function: Callable[[], _Answer], *, seconds: float = _SECONDS
) -> _Answer:
    """Return what a function returns, which runs in a thread that nobody waits for at the end.

    subject  what is asked, such as a folder: while its last question is not answered, it is not asked again
    raises   what the function raises, or TimeoutError if it takes longer, with a sentence
    """
    last = _unanswered.get(subject)
    if last is not None and last.is_alive():
        raise TimeoutError(f"{subject} does not answer")
    answer: Future[_Answer] = Future()
    thread = threading.Thread(target=_ask, args=(function, answer), name="patience", daemon=True)
    thread.start()
    if not wait([answer], timeout=seconds).done:
        _unanswered[subject] = thread
        raise TimeoutError(f"{subject} does not answer")
    _unanswered.pop(subject, None)
    return answer.result()


def _ask(function: Callable[[], _Answer], answer: "Future[_Answer]") -> None:
    try:
        answer.set_result(function())
    except BaseException as error:  # raised where it was asked
        answer.set_exception(error)
