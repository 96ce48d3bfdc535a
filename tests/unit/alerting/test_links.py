"""Signed links: only what we wrote is read, and it speaks of one letter for ever."""

import pytest

from crawler.alerting.links import Token, is_signed, read_token, sign_token

LETTER = "<abc@x.org>"
TOKEN = Token(delivery_id=17, alert_id=4)
TEXT = sign_token(b"k", TOKEN, LETTER)


def test_a_link_we_signed_is_read() -> None:
    assert read_token(TEXT) == TOKEN
    assert is_signed(b"k", TEXT, TOKEN, LETTER)


def test_a_link_of_an_old_letter_does_not_speak_for_whoever_has_its_number_now() -> None:
    assert not is_signed(b"k", TEXT, TOKEN, "<def@x.org>")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"other", TEXT),
        (b"k", TEXT.replace("17.", "18.", 1)),
        (b"k", TEXT.replace(".4.", ".5.", 1)),
        (b"k", TEXT[:-1]),
        (b"k", f"{TEXT}x"),
        (b"k", "17.4."),
    ],
)
def test_a_link_that_was_changed_is_not_ours(key: bytes, text: str) -> None:
    token = read_token(text)

    assert token is not None
    assert not is_signed(key, text, token, LETTER)


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
        "..",
    ],
)
def test_a_link_that_is_not_written_as_we_write_it_is_not_read(text: str) -> None:
    assert read_token(text) is None
