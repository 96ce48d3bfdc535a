"""How requests of a week are judged: every kind of impoliteness is planted here."""

from datetime import UTC, datetime, timedelta

from bench.week.judging.conduct.politeness import House, Manners, judge_manners
from bench.week.servers.server import Asked

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def ask(path: str, after: float, **changes: object) -> Asked:
    facts: dict[str, object] = {
        "at": NOON + timedelta(seconds=after),
        "began": after,
        "ended": after + 0.01,
        "host": "courier.example",
        "path": path,
        "address": "127.0.0.1",
        "headers": {},
        "status": 200,
    }
    return Asked(**{**facts, **changes})  # type: ignore[arg-type]


def judge(*asked: Asked) -> Manners:
    robots = ask("/robots.txt", 0, status=404)
    house = House(
        forbidden={"courier.example": "/private/"},
        delays={"slow.example": 3.0},
        secrets={"only-for-courier": frozenset({"courier.example"})},
    )
    return judge_manners([robots, *asked], delay=1.0, house=house)


def test_a_visit_with_pauses_is_polite() -> None:
    assert judge(ask("/rss", 1), ask("/a", 2), ask("/b", 3)).impolite == 0


def test_a_request_right_after_another_is_too_soon() -> None:
    assert len(judge(ask("/rss", 1), ask("/a", 1.3)).too_soon) == 1


def test_a_pace_that_is_a_little_too_fast_all_the_time_is_noticed() -> None:
    assert judge(*(ask(f"/{n}", 1 + n * 0.7) for n in range(6))).too_soon


def test_two_requests_at_a_time_are_noticed() -> None:
    assert len(judge(ask("/rss", 1, ended=4.0), ask("/a", 2)).at_once) == 1


def test_a_request_forbidden_by_robots_txt_is_noticed() -> None:
    assert len(judge(ask("/private/a", 1)).forbidden) == 1


def test_a_host_whose_robots_txt_was_not_requested_is_noticed() -> None:
    assert len(judge(ask("/rss", 1, host="gazette.example")).unasked) == 1


def test_a_request_within_retry_after_is_noticed() -> None:
    found = judge(ask("/rss", 1, status=429), ask("/rss", 4), ask("/rss", 20))

    assert len(found.impatient) == 1


def test_a_feed_with_a_validator_must_be_requested_conditionally() -> None:
    first = ask("/rss", 1, has_version=True)

    assert len(judge(first, ask("/rss", 5)).unconditional) == 1
    assert not judge(first, ask("/rss", 5, headers={"if-none-match": '"1"'})).unconditional


def test_a_repeated_request_after_a_closed_kept_connection_counts_once() -> None:
    assert judge(ask("/rss", 1, status=0), ask("/rss", 1.01)).impolite == 0


def test_the_crawl_delay_of_robots_txt_must_be_respected() -> None:
    slow = {"host": "slow.example"}
    robots = ask("/robots.txt", 0, **slow)

    assert not judge(robots, ask("/rss", 3.2, **slow)).too_soon
    assert len(judge(robots, ask("/rss", 1.5, **slow)).too_soon) == 1


def test_a_page_that_answered_503_is_left_alone_and_its_neighbour_need_not_be() -> None:
    found = judge(ask("/a", 1, status=503), ask("/b", 3), ask("/a", 5), ask("/a", 20))

    assert [line.partition(" ")[2] for line in found.impatient] == ["courier.example/a"]


def test_a_header_of_one_host_that_another_one_saw_is_noticed() -> None:
    headers = {"x-key": "only-for-courier"}
    robots = ask("/robots.txt", 0, host="mallory.example")
    there = ask("/rss", 2, host="mallory.example", headers=headers)

    assert not judge(ask("/rss", 1, headers=headers)).leaked
    assert len(judge(robots, there).leaked) == 1
