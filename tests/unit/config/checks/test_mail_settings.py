"""The settings of `[mail]`, and the notes on those that are no fault."""

import json
from pathlib import Path

import pytest

from crawler.config.checks.mail_doubts import find_mail_doubts
from crawler.config.files.secrets import read_token_file
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty

WATCH = '[[watch]]\nname = "{}"\nquery = "drone"\n{}\n'


def load(folder: Path, text: str, **environ: str) -> Config:
    file = folder / "w.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ=environ)


def faults(folder: Path, text: str) -> str:
    with pytest.raises(ConfigFaulty) as caught:
        load(folder, text)
    return str(caught.value)


@pytest.mark.parametrize("key", ["from", "reply_to", "admin"])
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("a..b@example.org", "twice in a row before the @"),
        ("me@b\u00fccher..example", "domain that mail servers cannot use"),
        ("Me <me@example.org>", 'write only the address, such as "me@example.org"'),
        ("me@ex\u200bample.org", "U+200B, zero width space"),
    ],
)
def test_an_impossible_address_is_a_fault_wherever_it_is_written(
    tmp_path: Path, key: str, address: str, words: str
) -> None:
    assert words in faults(tmp_path, f'[mail]\n{key} = "{address}"\n')
    assert words in faults(tmp_path, f'[mail]\nto = ["{address}"]\n')
    assert words in faults(tmp_path, WATCH.format("w", f'to = ["{address}"]'))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'username = "me"\ntoken_command = ["t"]\npassword = "secret"',
            "give only one of `password`",
        ),
        (
            'username = "me"\ntoken_command = ["t"]\ntoken_file = "/t"',
            "give only one of `password`",
        ),
        ('token_command = ["t"]', "needs the `username`"),
        ('auth = "xoauth2"\nusername = "me"\npassword = "secret"', "needs a `token_command`"),
        ('auth = "plain"\nusername = "me"\ntoken_file = "/t"', "a token is only for `xoauth2`"),
        ('auth = "ntlm"', "cram-md5"),
        ('token_command = "t --now"', "in brackets"),
        ('hello = "my host"', "is not the name of a machine"),
        ('hello = "x\\r\\nMAIL"', "is not the name of a machine"),
        ('hello = "b\u00fccher.example"', "is not the name of a machine"),
    ],
)
def test_settings_of_a_login_that_exclude_each_other_are_reported(
    tmp_path: Path, text: str, words: str
) -> None:
    faults_found = faults(tmp_path, f"[mail]\n{text}\n")

    assert words in faults_found
    assert "secret" not in faults_found


def test_a_token_comes_from_its_file_and_stays_out_of_the_crawl_process(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\nrest\n")
    stated = f'[mail]\nusername = "me"\ntoken_file = "{tmp_path / "token"}"\nhello = "a.example"\n'
    config = load(tmp_path, stated)

    assert read_token_file(config.mail) == "abc"
    given = json.dumps(config.for_crawl_process())
    assert '"token' not in given
    assert Config.model_validate(json.loads(given)).mail.from_ == config.mail.from_


def test_the_environment_can_set_token_file_and_name(tmp_path: Path) -> None:
    names = {"HELLO": "news.example.org", "TOKEN_FILE": "/t", "USERNAME": "me"}
    config = load(tmp_path, "", **{f"WATCHWORD_MAIL_{key}": value for key, value in names.items()})

    assert (config.mail.hello, config.mail.token_file) == ("news.example.org", Path("/t"))


def test_one_person_written_in_two_ways_is_one_recipient(tmp_path: Path) -> None:
    text = WATCH.format(
        "a", 'to = ["J\u00f6rg@B\u00fccher.example", "J\u00f6rg@xn--bcher-kva.EXAMPLE"]'
    )
    text += WATCH.format("b", 'to = ["you@example.org", "Jo\u0308rg@b\u00fccher.example"]')
    config = load(tmp_path, text)

    first, second = (config.recipients_of(watch) for watch in config.watches)
    assert first == ("J\u00f6rg@B\u00fccher.example",)  # in its first spelling
    assert second == ("you@example.org", "J\u00f6rg@B\u00fccher.example")
    assert any("are the same mailbox" in doubt for doubt in find_mail_doubts(config))


def test_addresses_that_need_smtputf8_are_doubts_wherever_they_are_written(tmp_path: Path) -> None:
    watch = WATCH.format("w", 'to = ["j\u00f6rg@x.org", "me@b\u00fccher.example"]')
    text = (
        '[mail]\nfrom = "w\u00e4chter@x.org"\nreply_to = "b\u00fcro@x.org"\nadmin = "\u00e5sa@x.org"\n'
        f'to = ["jos\u00e9@x.org"]\n{watch}'
    )
    doubts = list(find_mail_doubts(load(tmp_path, text)))

    assert len(doubts) == 5
    assert "[mail] from: w\u00e4chter@x.org has \u00e4 before the @" in doubts[0]
    assert 'watch "w": j\u00f6rg@x.org has \u00f6' in doubts[4]


def test_a_login_in_the_clear_is_a_doubt(tmp_path: Path) -> None:
    stated = '[mail]\nhost = "{}"\ntls = "{}"\nusername = "me"\npassword = "secret"\n'

    def doubts(host: str, tls: str) -> list[str]:
        return list(find_mail_doubts(load(tmp_path, stated.format(host, tls))))

    assert "unencrypted" in doubts("mail.example.org", "none")[0]
    assert doubts("mail.example.org", "starttls") == doubts("127.0.0.1", "none") == []
