"""A secret of this installation is masked in all that is logged, however the text that has it writes it."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.logs.masking.own_secrets import keep_address, keep_secret, mask_own
from crawler.logs.masks import mask

_SECRETS = st.text(
    st.sampled_from("aZ09 /+&=?%\"'\\<>é€中\U0001f511:@-._~"), min_size=6, max_size=24
)


def in_lower_case(quoted: str) -> str:
    return re.sub(r"%..", lambda found: found[0].lower(), quoted)


@given(_SECRETS)
def test_a_secret_that_was_read_is_masked_in_every_spelling(secret: str) -> None:
    keep_secret(secret)
    spellings = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        in_lower_case(quote(secret, safe="")),
        quote_plus(secret),
        in_lower_case(quote_plus(secret)),
        quote(quote(secret, safe=""), safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode())[2:-1],
        secret.encode().decode("latin-1"),
        html.escape(secret),
    }

    for spelling in spellings:
        assert mask_own(f"<{spelling}>") == "<***>"


@given(_SECRETS, st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_is_masked_in_base64_with_whatever_stands_beside_it(
    secret: str, before: bytes, after: bytes
) -> None:
    keep_secret(secret)

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after).decode()
        assert mask_own(f"AUTH {encoded}") == "AUTH ***"


@pytest.mark.parametrize(
    "form",
    ["{}", "AUTH {}", "https://h.example/{}/x", '{{"password": "{}"}}', "ValueError('{}')"],
)
def test_a_secret_that_was_read_is_masked_wherever_it_stands(form: str) -> None:
    keep_secret("corr3ct-horse")

    assert "corr3ct-horse" not in mask(form.format("corr3ct-horse"))


def test_of_a_secret_that_begins_with_another_nothing_is_left() -> None:
    keep_secret("begins-so")
    keep_secret("begins-so-and-ends")

    assert mask("it begins-so-and-ends here") == "it *** here"


def test_words_too_short_for_a_secret_are_not_masked() -> None:
    keep_secret("news")

    assert mask("no news") == "no news"


def test_a_secret_read_again_and_again_is_not_forgotten_for_those_that_come_and_go() -> None:
    for number in range(1_500):
        keep_secret("read-for-each-login")
        keep_secret(f"token-of-an-hour-{number}")

    assert mask("read-for-each-login token-of-an-hour-1499") == "*** ***"
    assert "token-of-an-hour-3" in mask("token-of-an-hour-3 ")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://chat.example/in/plainword", "POST chat.example/in/plainword failed"),
        ("https://chat.example/in/Xy7-topic", "no such topic: Xy7-topic"),
        ("https://ada:Ab1%2Fcdefg@chat.example/", "login Ab1/cdefg"),
        ("tgram://123456:ABC-def-ghi/789", "Unauthorized ABC-def-ghi"),
        ("https://chat.example/x?apikey=Kq81zzzz", "bad Kq81zzzz"),
    ],
)
def test_the_parts_of_a_secret_address_are_masked(url: str, said: str) -> None:
    assert keep_address(url) == url

    assert "***" in mask(said)


@pytest.mark.parametrize("host", ["chat.example", "192.0.2.17", "localhost:8080"])
@pytest.mark.parametrize("scheme", ["https", "json", "ntfy"])
def test_the_host_of_a_secret_address_stays(scheme: str, host: str) -> None:
    keep_address(f"{scheme}://{host}/in/Xy8-topic")

    assert mask(f"{host} is down") == f"{host} is down"
