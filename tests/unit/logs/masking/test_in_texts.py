"""Secrets of others in headers, answers and named values are masked; sentences that speak of secrets stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.logs.masking.in_texts import is_name_of_secret, mask_in_texts
from crawler.logs.masks import mask

# each has a secret in place of {}
FORMS = [
    "X-Api-Key: {}",
    "x-api-key: {} was sent",
    "X-Amz-Security-Token: {}",
    "Private-Token:{}",
    "Authorization: {}",
    "Authorization: Token {}",
    "Authorization: Bearer {} was refused",
    "Authorization: Custom {}",
    "Proxy-Authorization: Basic {}=",
    'Authorization: Digest username="ada", realm="x", response="{}"',
    "Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=h, Signature={}",
    "refused: Bearer {}",
    "Cookie: sid={}; lang=en",
    "Set-Cookie: lang=en; Path=/; sid={}; HttpOnly",
    'Cookie: ds_actor="{}"',
    "{{b'Authorization': [b'Token {}'], b'Accept': [b'*/*']}}",
    "{{b'Cookie': [b'a=1', b'sid={}']}}",
    "[(b'cookie', b'sid={}'), (b'accept', b'*/*')]",
    "('authorization', 'Basic {}')",
    "['curl', '--token', '{}']",
    "curl -H 'Authorization: Bearer {}' https://h.example/",
    "headers['X-Token'] = '{}'",
    "password={}",
    "DB_PASSWORD={} and more",
    "username=ada&password={}&x=1",
    "password: {}",
    "Password: {} for ada",
    "passwd : {}",
    "pwd={}",
    "password => '{}'",
    "secret = {}",
    "token: {}",
    "the token {} was refused",
    "wrong password '{}'",
    "api_key={}",
    "api key: {}",
    "client_secret={}&grant_type=x",
    "aws_secret_access_key = {}",
    'accessToken: "{}"',
    '{{"password": "{}", "a": 1}}',
    '{{"password":"{} with blanks"}}',
    '{{"token": ["{}"]}}',
    "{{'token': '{}', 'a': 1}}",
    '"{{\\"password\\": \\"{}\\"}}"',
    "Config(password='{}', host='x')",
    "<password>{}</password>",
    "--password {}",
    "--api-key={}",
    "AUTH PLAIN {}=",
    "C: AUTH LOGIN {}==",
    "A001 AUTHENTICATE XOAUTH2 {}=",
    "A001 LOGIN ada {}",
    'ABCD12 LOGIN "ada" "{}"',
    "ada:{}@proxy:3128",
    "ada@example.org:{}@imap.example",
    "curl -u ada:{} https://h.example/",
    "curl -sSu ada:{} https://h.example/",
    "curl -uada:{} https://h.example/",
    "curl -u 'ada:{} and blanks' https://h.example/",
    'curl -u "ada:{}\'s" https://h.example/',
    "curl -u ada:x:{}@y https://h.example/",
    "curl --user ada:{} https://h.example/",
    "curl --user=ada@example.org:{}",
    "curl -U ada:{} --anyauth",
    "curl --proxy-user 'ada:{}'",
    "http --auth=ada:{} h.example",
    "['curl', '-u', 'ada:{}', 'https://h.example/']",
    "(b'--user', b'ada:{}')",
    '{{"cmd": "curl -u \\"ada:{}\\" x"}}',
    "?next=%2Flogin%3Ftoken%3D{}%26a%3D1",
    "%7B%22password%22%3A%22{}%22%7D",
]

SENTENCES = [
    "token: a history",
    "The secret: how ferries win",
    "Password: the weakest link",
    "Secret: COVID-19 files",
    "key: F5 opens the menu",
    "basic research needs money",
    "basic education2030 goals",
    "digest harbour-daily sent",
    "digest scheduled for harbour2day",
    "bearer certificates are back",
    "Cookie: the history of a biscuit",
    "250-AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5",
    "AUTH LOGIN is not supported here",
    "AUTH PLAIN authentication mechanism",
    "535 5.7.8 authentication failed: wrong password: try again",
    "Authorization: required",
    "no Authorization header",
    "mail.password_file: cannot be read: permission denied",
    "mail.token_command: oama ended with code 1",
    "the password is missing",
    "secret: it is empty",
    "unexpected token: '<'",
    'near "token": syntax error',
    '{"token": null, "key": "harbour", "code": 503}',
    "key 'harbour' is unknown",
    "status code=503 tokens=512 session=7",
    'query="token OR secret NEAR key"',
    "https://en.wikipedia.org/wiki/Secret:_a_history",
    "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
    "ValueError: token: must have 3 parts",
    "docker run -u 1000:1000 watchword",
    "psql -U h.example:5432 refused",
    "journalctl -u watchword: nothing was written",
    "fetch -u https://h.example/feed",
    "copied -u C:\\news",
    'query="drone -title:toy -ukraine:war"',
    "curl --user-agent x:y",
    "sort -u names: done",
    "key=abc is no setting",
]


@pytest.mark.parametrize("form", FORMS)
@given(secret=st.from_regex(r"[a-z][A-Za-z0-9]{5,12}[A-Z][0-9]{2}[a-z]", fullmatch=True))
def test_a_secret_is_masked_in_whatever_form_somebody_quotes_it(form: str, secret: str) -> None:
    shown = mask(form.format(secret))

    assert secret not in shown
    assert secret[3:] not in shown


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_speaks_of_secrets_stays(sentence: str) -> None:
    assert mask(sentence) == sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic YWRhOmh1bnRlcjI= was refused", "Authorization: Basic *** was refused"),
        ("Cookie: sid=abc; a=b", "Cookie: ***"),
        ("password=hunter2, tried twice", "password=***, tried twice"),
        ('{"password": "hunter2", "host": "x"}', '{"password": "***", "host": "x"}'),
        ('{"pin": 1, "token": 1234}', '{"pin": 1, "token": ***}'),
        ("{b'Cookie': [b'a=1', b'b=2'], b'Accept': [b'x']}", "{b'Cookie': [***], b'Accept': [b'x']}"),
        ("ghp_0123456789abcdefghij here", "*** here"),
        ("got eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "got ***"),
        ("123456789:AAFxyzabcdefghijklmnopqrstuvwxyz012", "***"),
        ("A001 LOGIN ada hunter2", "A001 LOGIN ***"),
        ("curl -u 'ada:p w' https://h.example/", "curl -u 'ada:***' https://h.example/"),
        ("['curl', '-u', b'ada:pw', 'x']", "['curl', '-u', b'ada:***', 'x']"),
    ],
)  # fmt: skip
def test_what_stands_around_a_secret_stays(text: str, shown: str) -> None:
    assert mask_in_texts(text) == shown


def test_the_name_of_a_field_says_that_it_holds_a_secret() -> None:
    names = ("password", "mail_password", "access_token", "client_secret", "api_key", "cookie")

    assert all(map(is_name_of_secret, names))
    assert not any(map(is_name_of_secret, ("source", "key", "code", "password_file", "tokens")))
