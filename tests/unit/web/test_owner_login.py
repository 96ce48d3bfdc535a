"""The owner's login: whoever guesses the password must wait; a cookie of another instance is ignored."""

import pytest

from watchword.web.access.cookies import InstanceCookies
from watchword.web.access.owner_login import Mistakes


class Clock:
    """A steady clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_each_further_mistake_costs_more_time_up_to_half_a_minute() -> None:
    clock = Clock()
    mistakes = Mistakes(clock)
    waits = []
    for _ in range(2000):
        mistakes.add()
        waits.append(mistakes.wait_seconds())
        clock.now += waits[-1]

    assert waits[:10] == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert waits[-1] == 30
    assert mistakes.wait_seconds() == 0
    clock.now += 901
    assert mistakes.add() == 1


def test_mistakes_are_forgotten_after_a_login_or_a_quarter_of_an_hour() -> None:
    clock = Clock()
    mistakes = Mistakes(clock)
    for _ in range(5):
        mistakes.add()
    assert mistakes.wait_seconds() == 2

    mistakes.clear()

    assert mistakes.wait_seconds() == 0


def make_cookies(secret: str = "one", *, is_https: bool = False) -> InstanceCookies:
    return InstanceCookies(secret, base="/news/", is_https=is_https)


def test_a_cookie_returns_under_its_original_name() -> None:
    cookies, other = make_cookies(), make_cookies("two")

    sent = cookies.write(b"ds_actor=eyJ.x-_y; Path=/; SameSite=lax")
    name_and_value = sent.partition(b";")[0]

    assert sent.endswith(b"; Path=/news/; SameSite=lax; HttpOnly")
    assert cookies.read(b"x=1; " + name_and_value + b"; y=2") == b"ds_actor=eyJ.x-_y"
    assert other.read(name_and_value) == b""
    assert cookies.write(b"ds_actor=1; Path=/; secure; httponly").count(b"nly") == 1
    assert make_cookies(is_https=True).write(b"ds_x=1; Path=/").endswith(b"; HttpOnly; Secure")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b";;;=;",
        b"ds_actor=stolen",
        b"ds_actor_00000000=x",
        b"\xff\xfe=\xff",
        b'ds_actor_{end}="quoted, and more"',
        b"ds_actor_{end}=",
        b"DS_ACTOR_{end}=x",
        b"ds_actor_{end}_{end}=x",
        b"sds_actor_{end}=x",
        b"ds_actor_{end}=x\xa0y",
        b"ds_actor_{end}=" + b"x" * 5000,
    ],
)
def test_cookies_of_other_applications_are_ignored(header: bytes) -> None:
    cookies = make_cookies()
    end = cookies.write(b"ds_a=1").partition(b"=")[0].removeprefix(b"ds_a_")

    assert cookies.read(header.replace(b"{end}", end)) == b""


def test_the_first_of_two_cookies_is_the_one_for_the_longer_path() -> None:
    cookies = make_cookies()
    name = cookies.write(b"ds_actor=1").partition(b"=")[0]

    assert cookies.read(name + b"=ours; " + name + b"=theirs") == b"ds_actor=ours"
