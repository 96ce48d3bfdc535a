"""Settings of webhooks and of the mailbox: ``check`` reports what is incomplete or cannot work."""

from pathlib import Path

import pytest

from crawler.text.web.webhook_keys import list_keys, read_key
from tests.unit.config.test_load import GOOD, faults, load

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MAILBOX = '[unsubscribe]\nhost = "imap.example.org"\nusername = "u"\n'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('username = "u"\npassword = "p"', "`host` is missing"),
        ('host = "imap.example.org"', "`username` is missing"),
        ('host = "h"\nusername = "u"', "give either `password_file` or `password`"),
        ('host = "h"\nusername = "u"\npassword = "p"\npassword_file = "x"', "give either"),
        ('host = "h"\nusername = "u"\npassword_file = "/nowhere/secret"', "cannot be read"),
        ('host = "h"\nusername = "u"\npassword = "p"\nevery = "0s"', "`every` is at least 1s"),
        ('host = "h"\nusername = "u"\npassword = "p"\naddress = "nobody"', "not a mail address"),
        ('host = "h"\nusername = "u"\npassword = "p"\ntls = "yes"', "tls"),
    ],
)
def test_an_incomplete_mailbox_is_a_fault(tmp_path: Path, lines: str, words: str) -> None:
    (fault,) = faults(tmp_path, f"{GOOD}[unsubscribe]\n{lines}\n")

    assert words in fault
    assert "unsubscribe" in fault


def test_the_crawl_process_gets_nothing_about_the_mailbox(tmp_path: Path) -> None:
    config = load(tmp_path, f'{GOOD}{MAILBOX}password = "hunter2"\n')

    assert "hunter2" not in str(config.for_crawl_process())
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("whsec_!!", "base64 must follow `whsec_`"),
        ("whsec_c2hvcnQ=", "24 to 64 bytes, this one encodes 5"),
        ("whsec_", "24 to 64 bytes, this one encodes 0"),
        (f"{KEY}\\nwhsec_c2hvcnQ=", "this one encodes 5"),
        ("a\\nb\\nc\\nd\\ne\\nf", "6 lines"),
    ],
)
def test_a_key_that_cannot_sign_is_named_and_not_shown(
    tmp_path: Path, secret: str, words: str
) -> None:
    channel = f'[[channel]]\nname = "hook"\nurl = "https://x.example/"\nsecret = "{secret}"\n'

    (fault,) = faults(tmp_path, GOOD + channel)

    assert words in fault
    assert "c2hvcnQ" not in fault


def test_keys_are_read_from_the_lines_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"  {KEY} \n\nplain text key\n")
    channel = f'[[channel]]\nname = "hook"\nurl = "https://x.example/"\nsecret_file = "{file}"\n'

    load(tmp_path, GOOD + channel)

    assert list_keys(file.read_text()) == (KEY, "plain text key")
    assert len(read_key(KEY)) == 24
    assert read_key("plain text key") == b"plain text key"
