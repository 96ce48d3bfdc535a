"""Masks: what others wrote into a text and what is secret here never reaches a log, in whatever place or form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.logs.masks import keep_secret, mask, mask_address, mask_urls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:hunter2@host.example/x", "https://ada:***@host.example/x"),
        ("http://ada:hun/ter2@host.example/", "http://ada:***@host.example/"),
        ("http://ada:hun?ter#2@host.example/", "http://ada:***@host.example/"),
        ("http://ada:p@ss@host.example/", "http://ada:***@host.example/"),
        ("http://ada:@host.example/", "http://ada:***@host.example/"),
        ("https://ghp_0123456789@host.example/x", "https://***@host.example/x"),
        ("socks5://me:pw@127.0.0.1:1080", "socks5://me:***@127.0.0.1:1080"),
        ("https://host.example:8080/@ada/1", "https://host.example:8080/@ada/1"),
        ("https://host.example/@ada", "https://host.example/@ada"),
        ("http://[::1]:8080/a@b", "http://[::1]:8080/a@b"),
        ("https://host.example/f?key=abc&page=2", "https://host.example/f?key=***&page=2"),
        ("https://h.example/?Access_Token=a%20b#x", "https://h.example/?Access_Token=***#x"),
        ("https://h.example/#access_token=abc", "https://h.example/#access_token=***"),
        ("?X-Amz-Signature=0abc&X-Amz-Date=1", "?X-Amz-Signature=***&X-Amz-Date=1"),
        ("https://h.example/?a=1&amp;token=abc", "https://h.example/?a=1&amp;token=***"),
        ("https://h.example/?keyword=ferry&tag=key", "https://h.example/?keyword=ferry&tag=key"),
        ("Authorization: Bearer abcdefghij.klm-no", "Authorization: Bearer ***"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "Authorization: Basic ***"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/***"),
        ("https://api.telegram.org/bot12:AAF/x", "https://api.telegram.org/bot***"),
        ("https://hc-ping.com/0f-aa", "https://hc-ping.com/***"),
    ],
)
def test_logins_and_tokens_are_masked_and_the_rest_stays(text: str, shown: str) -> None:
    assert mask_urls(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<joe.doe@example.org>: 550", "<j***@example.org>: 550"),
        ("mailto:joe@example.org", "mailto:j***@example.org"),
        ("joe+news@mail.example.co.uk,ann@b.example", "j***@mail.example.co.uk,a***@b.example"),
        ("jörg@bücher.example is full", "j***@bücher.example is full"),
        ('"a..b"@docomo.ne.jp', "a***@docomo.ne.jp"),
        ("root@localhost", "r***@localhost"),
        ("me@[192.0.2.1]", "m***@[192.0.2.1]"),
        ("j***@example.org", "j***@example.org"),
        ("@ada wrote @bob", "@ada wrote @bob"),
        ("phone: a channel", "phone: a channel"),
    ],
)
def test_no_whole_mail_address_is_shown(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_a_recipient_is_masked_alike_everywhere_and_a_channel_is_not() -> None:
    assert mask_address("joe@example.org") == mask("joe@example.org") == "j***@example.org"
    assert mask_address("phone") == "phone"


@pytest.mark.parametrize(
    "form",
    ["{}", "AUTH {}", "https://h.example/{}/x", '{{"password": "{}"}}', "ValueError('{}')"],
)
def test_a_secret_that_was_read_is_masked_wherever_it_stands(form: str) -> None:
    keep_secret("corr3ct-horse")

    assert "corr3ct-horse" not in mask(form.format("corr3ct-horse"))


@pytest.mark.parametrize("quoted", ["p%2Fw%20%22x%C3%A9", 'p/w \\"x\\u00e9', "cC93ICJ4w6k="])
def test_a_secret_is_masked_in_the_forms_in_which_it_travels(quoted: str) -> None:
    keep_secret('p/w "xé')

    assert quoted not in mask(f"said {quoted} there")


def test_words_too_short_for_a_secret_are_not_masked() -> None:
    keep_secret("news")

    assert mask("no news") == "no news"


@given(st.text(max_size=300))
def test_what_is_masked_is_masked_no_further(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "sign", ["@", "a", ":", "/", "?key=", "http://", "a@", "http://a:", "bearer "]
)
def test_a_long_hostile_text_is_masked_in_no_time(sign: str) -> None:
    mask(sign * (20_000 // len(sign)))
