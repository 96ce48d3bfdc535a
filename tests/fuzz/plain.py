"""Inputs drawn by Hypothesis: it makes a find small by itself, and draws the same again from the same seed."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.judging import Find, judge
from tests.fuzz.mutations import mutate
from tests.fuzz.targets.registry import Target

# inputs between two looks at the clock
_BATCH = 50
_REPORT_SECONDS = 10


class _Found(Exception):
    """A find that is not known yet."""


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Return samples of a target, changed in a few places."""
    samples = tuple(target.samples())

    def change(drawn: tuple[int, Random]) -> bytes:
        number, random = drawn
        return mutate(samples[number][: target.most], random, others=samples, tokens=target.tokens, most=target.most)  # fmt: skip

    numbers = st.integers(0, len(samples) - 1)
    return st.tuples(numbers, st.randoms(use_true_random=False)).map(change)


def fuzz(target: Target, *, seconds: float, out: Path, seed: int | None) -> int:
    """Feed a target for some seconds; keep one find of each kind and return how many."""
    session = _Session(target, out)
    started = reported = time.monotonic()
    number = seed if seed is not None else int(time.time())
    while (now := time.monotonic()) - started < seconds:
        session.run_batch(number)
        number += 1
        if now - reported > _REPORT_SECONDS:
            reported = now
            session.report(now - started)
    session.report(time.monotonic() - started)
    return len(session.known)


class _Session:
    def __init__(self, target: Target, out: Path) -> None:
        self.known: set[str] = set()
        self._target, self._out, self._count = target, out, 0
        self._best: dict[str, Find] = {}

    def report(self, seconds: float) -> None:
        rate = self._count / max(seconds, 0.1)
        sys.stdout.write(f"  {self._target.name:<14}{seconds:6.0f} s {self._count:9,} inputs {rate:7.0f}/s {len(self.known):3} finds\n")  # fmt: skip
        sys.stdout.flush()

    def run_batch(self, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=_BATCH,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(inputs(self._target))
        def run(data: bytes) -> None:
            self._count += 1
            find = judge(self._target, data)
            if find is not None and find.kind not in self.known:
                best = self._best.get(find.kind)
                if best is None or len(find.data) <= len(best.data):
                    self._best[find.kind] = find
                # not made smaller: each try would be as slow, and took minutes of the target's hour
                if not find.kind.startswith("too "):
                    raise _Found

        # Hypothesis wraps some; what counts was noted
        with suppress(Exception):
            run()
        for kind, find in self._best.items():
            if kind not in self.known:
                self.known.add(kind)
                path = find.save(self._out)
                sys.stdout.write(f"  {kind}: {path}\n")
