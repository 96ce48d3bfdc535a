"""One input of one target, with limits of time and memory; what went wrong is a find."""

import hashlib
import resource
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.fuzz.targets import documents, outgoing, texts
from tests.fuzz.targets.registry import Broken, Target

TARGETS = {target.name: target for target in (*texts.TARGETS, *documents.TARGETS, *outgoing.TARGETS)}  # fmt: skip
# a parse worker has no more either; one input may not come near it
_MOST_GROWTH = 400 << 20
# of processor time, for those of one input; one takes up to three
_SECONDS_OF_DICTIONARIES = 120.0


class TooSlow(BaseException):
    """An input took too long; no ``except Exception`` may stop this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """An input that did something it should not.

    kind     where and how, the same for all inputs that do the same
    details  the traceback, or what was measured
    """

    target: str
    kind: str
    data: bytes
    details: str

    def save(self, folder: Path) -> Path:
        """Write the input and what it did into a folder; return the input's file, whose name says the target."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.target}.{hashlib.sha256(self.kind.encode()).hexdigest()[:10]}"
        path.write_bytes(self.data)
        path.with_name(f"{path.name}.txt").write_text(f"{self.kind}\n\n{self.details}", errors="replace")  # fmt: skip
        return path


def judge(target: Target, data: bytes) -> Find | None:
    """Return what an input does that it should not, or None."""
    find = _judge_once(target, data, target.seconds)
    if find is None or not find.kind.startswith("too "):
        return find
    if "word_graph.py" in find.kind:
        # a dictionary is made once on each machine; what is stopped within is made anew by the next input
        _judge_once(target, data, _SECONDS_OF_DICTIONARIES)
    # the first input in a language loads its dictionary: only what is slow or large again is a find
    return _judge_once(target, data, target.seconds)


def _judge_once(target: Target, data: bytes, seconds: float) -> Find | None:
    memory = _peak()
    try:
        with _limit(seconds):
            target.check(data)
    except TooSlow as error:
        return Find(target=target.name, kind=f"too slow in {_place(error)}", data=data, details=traceback.format_exc())  # fmt: skip
    except Exception as error:
        is_claim = isinstance(error, Broken)
        kind = str(error).partition(":")[0] if is_claim else f"{type(error).__name__} in {_place(error)}"  # fmt: skip
        return Find(target=target.name, kind=kind, data=data, details=traceback.format_exc())
    grown = _peak() - memory
    if grown > _MOST_GROWTH:
        return Find(target=target.name, kind="too large", data=data, details=f"{grown >> 20} MB, {len(data)} bytes")  # fmt: skip
    return None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _place(error: BaseException) -> str:
    """Return the innermost line of ours that an error went through; of a library's, if none of ours is below the target."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/fuzz/judging" not in frame.filename]  # fmt: skip
    ours = [frame for frame in frames if "/crawler/" in frame.filename and "/site-packages/" not in frame.filename]  # fmt: skip
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.name}"


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow after seconds of processor time: those of the clock are many more where other work is done."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
