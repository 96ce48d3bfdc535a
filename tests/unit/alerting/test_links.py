"""Signed links: only our own are accepted, and each stands for one message for ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.alerting.links import Token, is_signed, read_token, sign_token

MESSAGE = "<abc@x.org>"
TOKEN = Token(delivery_id=17, alert_id=4)
TEXT = sign_token(b"k", TOKEN, MESSAGE)


def test_a_link_that_was_signed_here_is_read() -> None:
    assert read_token(TEXT) == TOKEN
    assert is_signed([b"k"], TEXT, MESSAGE)


def test_a_link_signed_with_any_of_the_keys_is_accepted_and_the_last_one_signs() -> None:
    assert is_signed([b"k", b"new"], TEXT, MESSAGE)
    assert not is_signed([b"new"], TEXT, MESSAGE)
    assert not is_signed([b"k"], sign_token(b"new", TOKEN, MESSAGE), MESSAGE)


def test_a_link_is_short_enough_for_the_subject_of_a_mail() -> None:
    """It also has the form that the reader of the mailbox looks for."""
    assert re.fullmatch(r"17\.4\.[A-Za-z0-9_-]{20}", TEXT)


def test_a_link_of_an_old_message_is_not_valid_for_a_new_message_with_its_number() -> None:
    assert not is_signed([b"k"], TEXT, "<def@x.org>")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"other", TEXT),
        (b"k", TEXT.replace("17.", "18.", 1)),
        (b"k", TEXT.replace(".4.", ".5.", 1)),
        (b"k", TEXT[:-1]),
        (b"k", f"{TEXT}x"),
        (b"k", f"{TEXT}xxxx"),
        (b"k", TEXT.rpartition(".")[0] + "." + "A" * 20),
        (b"k", "17.4."),
    ],
)
def test_a_link_that_was_changed_is_refused(key: bytes, text: str) -> None:
    token = read_token(text)

    assert token is not None
    assert not is_signed([key], text, MESSAGE)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("Aa0_-.\u0661 \n"))
def test_a_link_has_exactly_one_spelling(place: int, sign: str) -> None:
    text = TEXT[:place] + sign + TEXT[place + 1 :]

    assert (read_token(text) is not None and is_signed([b"k"], text, MESSAGE)) == (text == TEXT)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("17.", "017.", 1),
        TEXT.replace("17.", "+17.", 1),
        TEXT.replace("17.", " 17.", 1),
        TEXT.replace(".4.", ".04.", 1),
        "\u0661.\u0662.x",
        f"{'9' * 20}.1.x",
        "x",
        "",
        "1.1",
        "1.1.x.y",
        f"{TEXT}!",
        f"{TEXT}\n",
        f"{TEXT}=",
        "..",
    ],
)
def test_a_link_in_any_other_spelling_is_refused(text: str) -> None:
    assert read_token(text) is None
