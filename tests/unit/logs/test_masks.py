"""Masks: what others wrote into a text and what is secret here never reaches a log, in whatever place or form."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.logs.masks import mask, mask_address, mask_secrets, mask_urls


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
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/***"),
        ("https://api.telegram.org/bot12:AAF/x", "https://api.telegram.org/bot***"),
        ("https://hc-ping.com/0f-aa", "https://hc-ping.com/***"),
        ("https://ntfy.sh/my-topic", "https://ntfy.sh/***"),
        ("https://ntfy.example.org:8080/t/json?poll=1", "https://ntfy.example.org:8080/***?poll=1"),
        ("https://chat.example/hooks/x8k2p9q4w7e1r5t3", "https://chat.example/hooks/***"),
        ("https://h.example/services/T0/B0/xyz", "https://h.example/services/***"),
        ("https://h.example/bot123456:AAFxyz/getMe", "https://h.example/bot***"),
        ("https://h.example/-/message/abc.def", "https://h.example/-/message/***"),
        (
            "https://h.example/cb?code=SplxlOBeZQQYbYS6WxSbIA&a=1",
            "https://h.example/cb?code=***&a=1",
        ),
        (
            "https://h.example/?code=20261128&sid=12345",
            "https://h.example/?code=20261128&sid=12345",
        ),
        (
            "https://h.example/?requestAccessToken=true",
            "https://h.example/?requestAccessToken=true",
        ),
        (
            "https://h.example/keys/how-to-make-keys-of-metal-in-2026",
            "https://h.example/keys/how-to-make-keys-of-metal-in-2026",
        ),
        ("https://ntfy.sh/docs/publish", "https://ntfy.sh/docs/publish"),
        (
            "?u=http%3A%2F%2Fada%3Apw%40h.example%2Fx&b=1",
            "?u=http%3A%2F%2Fada%3A***%40h.example%2Fx&b=1",
        ),
        (
            "?u=https%253A%252F%252Fada%253Apw%2540h.example",
            "?u=https%253A%252F%252Fada%253A***%2540h.example",
        ),
        (
            "?u=https%3A%2F%2Fh.example%2F%3Ftoken%3Dabc%26a%3D1",
            "?u=https%3A%2F%2Fh.example%2F%3Ftoken%3D***%26a%3D1",
        ),
        ("?u=https%3A%2F%2Fh.example%2F%3fpage%3d2", "?u=https%3A%2F%2Fh.example%2F%3fpage%3d2"),
        ("ada:pw@proxy:3128 refused", "ada:***@proxy:3128 refused"),
        ("proxy=ada:p@ss@192.0.2.1:3128", "proxy=ada:***@192.0.2.1:3128"),
        ("//ada:pw@h.example/x", "//ada:***@h.example/x"),
        ("family=Inter:wght@400;700", "family=Inter:wght@400;700"),
    ],
)
def test_logins_and_tokens_of_addresses_are_masked_and_the_rest_stays(
    text: str, shown: str
) -> None:
    assert mask_urls(text) == mask_secrets(text) == shown


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
        ("?to=joe.doe%40example.org&a=1", "?to=j***%40example.org&a=1"),
        ("https://h.example/icon@2x.png", "https://h.example/icon@2x.png"),
        ("@ada wrote @bob", "@ada wrote @bob"),
        ("phone: a channel", "phone: a channel"),
    ],
)
def test_no_whole_mail_address_is_shown(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_a_recipient_is_masked_alike_everywhere_and_a_channel_is_not() -> None:
    assert mask_address("joe@example.org") == mask("joe@example.org") == "j***@example.org"
    assert mask_address("phone") == "phone"


# what texts are made of: what is masked, its signs, and what was masked before
_PARTS = (
    "https://", "ada", ":", "pw", "@", "h.example", "/", "?token=", "&key=", "%3A%2F%2F", "%40", "%3D", "%253D", "***", " ", '"',
    "'", "Authorization: ", "Basic ", "Cookie: ", "a=1", "; ", "password", "token", "secret: ", "=", "x8k2p9q4w7e1r5t3", "AUTH PLAIN ",
    "/hooks/", "code", "[", "{", ",", "\\", "--password ", "is", "mailto:", "eyJhbGciOi.eyJzdWIiOi.x",
    "curl ", "-u ", "-u", "--user=", "', '",
)  # fmt: skip


@given(st.text(max_size=300) | st.lists(st.sampled_from(_PARTS), max_size=12).map("".join))
@example("-password Authorization:: Authorization:h")
@settings(max_examples=500)
def test_what_is_masked_is_masked_no_further(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("sign", ["@", "a", ":", "/", *(f"{one}" for one in _PARTS), "?key=", "http://", "a@", "http://a:", "bearer ", "a:", "%3a", "/ntfy.", "pass ", "A1 LOGIN ", "-u ", "-u a:", "--user=", "curl -u'"])  # fmt: skip
def test_a_long_hostile_text_is_masked_in_no_time(sign: str) -> None:
    mask(sign * (20_000 // len(sign)))
