import pytest

from scheduler.crawling.crawl_messages import Answer, Beat, Stored, read_message
from scheduler.crawling.vigil import Patience, Verdict, Vigil

PATIENCE = Patience(hang_seconds=60, stall_seconds=900, heavy_beats=5, least_life_seconds=120)
MB = 1_000_000


def watch(seconds: int, beat: Beat, vigil: Vigil | None = None, start: int = 0) -> Verdict | None:
    """Return the first verdict on a process that sends the same beat every 2 seconds."""
    vigil = vigil or Vigil(PATIENCE, memory_bytes=1000 * MB, now=start)
    for now in range(start, start + seconds, 2):
        vigil.see(beat)
        verdict = vigil.judge(now)
        if verdict is not None:
            return verdict
    return None


@pytest.mark.parametrize(
    ("seconds", "beat", "expected"),
    [
        (890, Beat(visits=1, done=5), None),
        (910, Beat(visits=1, done=5), Verdict.STALLED),
        (90_000, Beat(visits=0, done=5), None),
        (90_000, Beat(visits=1, done=5, storage="the disk is full"), None),
        (110, Beat(visits=0, rss_bytes=1001 * MB), None),
        (130, Beat(visits=0, rss_bytes=1001 * MB), Verdict.HEAVY),
        (90_000, Beat(visits=0, rss_bytes=1000 * MB), None),
    ],
)
def test_the_verdict_on_a_repeated_beat(seconds: int, beat: Beat, expected: Verdict | None) -> None:
    assert watch(seconds, beat) is expected


def test_silence_before_the_first_beat_is_a_hang_too() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=MB, now=0)
    assert [vigil.judge(now) for now in range(60)] == [None] * 60
    assert vigil.judge(60) is Verdict.HUNG


def test_a_silent_process_that_works_on_a_busy_machine_has_more_time() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=MB, now=0)
    assert [vigil.judge(now, cpu_seconds=now / 100) for now in range(600)] == [None] * 600
    assert vigil.judge(600, cpu_seconds=6) is Verdict.HUNG


def test_a_silent_process_that_only_wakes_up_is_hung() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=MB, now=0)
    verdicts = [vigil.judge(now, cpu_seconds=1 + now / 10_000) for now in range(70)]
    assert verdicts.index(Verdict.HUNG) == 60


def test_progress_restarts_the_time_limit() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=1000 * MB, now=0)
    assert watch(800, Beat(visits=1, done=1), vigil) is None
    assert watch(800, Beat(visits=1, done=2), vigil, start=800) is None


def test_a_short_peak_of_memory_is_tolerated() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=1000 * MB, now=0)
    for now in range(1000):
        vigil.see(Beat(visits=1, done=now, rss_bytes=2000 * MB if now % 5 else 0))
        assert vigil.judge(now) is None


def test_silence_does_not_count_while_the_watcher_itself_was_stopped() -> None:
    vigil = Vigil(PATIENCE, memory_bytes=MB, now=0)
    vigil.see(Beat(visits=1))
    # the machine was suspended, or this process was stopped, for an hour
    assert vigil.judge(3600) is None
    assert vigil.judge(3601) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b"{}",
        b'{"beat": 1}',
        b'{"beat": "now", "visits": -1}',
        b'{"beat": "now", "visits": true}',
        b'{"beat": "now", "done": 1.5}',
        b'{"beat": "now", "storage": 3}',
        b'{"answer": null}',
        b'{"answer": {"id": "1", "text": "x"}}',
        b'{"answer": {"id": 1}}',
        b"\xff\xfe",
    ],
)
def test_an_invalid_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any reason will do
        read_message(line)


def test_messages_are_read() -> None:
    line = b'{"beat": "2026-11-23T10:00:00+00:00", "visits": 3, "done": 9, "storage": null, "rss": 5, "config": 2}'
    assert read_message(line) == Beat(visits=3, done=9, rss_bytes=5, config_number=2)
    assert read_message(b'{"stored": 2}') == Stored(2)
    answer = b'{"answer": {"id": 1, "is_done": true, "text": "split"}}'
    assert read_message(answer) == Answer(request_id=1, is_done=True, text="split")
