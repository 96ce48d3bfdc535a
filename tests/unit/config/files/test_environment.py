"""Settings from the environment: all of them by one rule, and each named in the message about a fault."""

from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty

FILE = '[mail]\nhost = "file.example"\nport = 2525\npassword_file = "/run/secrets/of-file"\n'


def load(folder: Path, text: str = FILE, **environ: str) -> Config:
    file = folder / "w.toml"
    file.write_text(text)
    return load_config(file, environ={f"WATCHWORD_{name}": text for name, text in environ.items()})


def faults(folder: Path, text: str = FILE, **environ: str) -> list[str]:
    with pytest.raises(ConfigFaulty) as caught:
        load(folder, text, **environ)
    return [str(fault) for fault in caught.value.faults]


def test_every_single_value_can_be_set(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        MAIL_HOST="env.example",
        MAIL_PORT=" 587",
        MAIL_TO="a@x.org, b@x.org,",
        MAIL_ADMIN="admin@x.org",
        MAIL_REPLY_TO="desk@x.org",
        WEB_URL="https://desk.example/",
        FETCH_CONTACT="https://desk.example/bot",
        FETCH_EVERY="1h",
        FETCH_PER_DOMAIN_DELAY="3s",
        STORE_PAGE_RETENTION="1d",
        SCHEDULE_JITTER="0.2",
        TIMEZONE="Europe/Berlin",
    )

    assert (config.mail.host, config.mail.port) == ("env.example", 587)
    assert config.mail.to == ("a@x.org", "b@x.org")
    assert (config.mail.admin, config.mail.reply_to) == ("admin@x.org", "desk@x.org")
    assert config.web.url == "https://desk.example/"
    assert config.fetch.per_domain.delay == timedelta(seconds=3)
    assert config.store.page_retention == timedelta(days=1)
    assert config.schedule.jitter == 0.2
    assert config.timezone == "Europe/Berlin"


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert load(tmp_path, MAIL_HOST="", MAIL_PORT="").mail.host == "file.example"


def test_a_value_is_read_from_a_file_as_secrets_are(tmp_path: Path) -> None:
    secret = tmp_path / "host"
    secret.write_bytes(b"\xef\xbb\xbfenv.example\r\n")

    assert load(tmp_path, MAIL_HOST_FILE=str(secret)).mail.host == "env.example"


def test_a_password_in_the_environment_wins_over_the_files_password_file(tmp_path: Path) -> None:
    mail = load(tmp_path, MAIL_PASSWORD="from the environment ").mail

    assert (mail.password, mail.password_file) == ("from the environment ", None)


def test_a_password_file_in_the_environment_wins_over_the_files_password(tmp_path: Path) -> None:
    text = FILE.replace('password_file = "/run/secrets/of-file"', 'password = "of file"')

    mail = load(tmp_path, text, MAIL_PASSWORD_FILE="/run/secrets/env").mail

    assert (mail.password, mail.password_file) == ("", Path("/run/secrets/env"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAIL_PORT", "5x87"), ("MAIL_TLS", "yes"), ("FETCH_EVERY", "soon"), ("TIMEZONE", "Berlin")],
)
def test_a_faulty_variable_is_named_and_not_the_file(tmp_path: Path, name: str, value: str) -> None:
    found = faults(tmp_path, **{name: value})

    assert len(found) == 1
    assert f"the environment variable WATCHWORD_{name}" in found[0]
    assert "w.toml" not in found[0]


def test_a_variable_with_a_typo_is_a_fault_that_names_the_right_one(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, MAIL_HSOT="x.example")

    assert 'did you mean "WATCHWORD_MAIL_HOST"?' in fault


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, MAIL_HOST_FILE=str(tmp_path / "none"))

    assert "WATCHWORD_MAIL_HOST_FILE" in fault
    assert "none" in fault


def test_variables_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, SEEDS="./my-seeds", CHECKOUT="/x", CONFIG="/y").mail.host


def test_a_relative_path_counts_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load(tmp_path, DATABASE="data/w.db").store.path == tmp_path / "data" / "w.db"
    assert load(tmp_path, MAIL_MAILDIR="mail").mail.maildir == tmp_path / "mail"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_HOST", '"smtp.example.org"'),
        ("MAIL_PORT", "'587'"),
        ("MAIL_FROM", '"CrawlServices <desk@example.org>"'),
        ("MAIL_TO", '"a@x.org,b@x.org"'),
        ("MAIL_TLS", '"none"'),
        ("WEB_URL", ' "https://desk.example/" '),
        ("FETCH_EVERY", "'1h'"),
    ],
)
def test_quotes_kept_by_an_env_file_are_named(tmp_path: Path, name: str, value: str) -> None:
    (fault,) = faults(tmp_path, **{name: value})

    assert f"WATCHWORD_{name}" in fault
    assert "is in quotes, which an --env-file keeps" in fault


def test_quotes_and_spaces_belong_to_a_password(tmp_path: Path) -> None:
    assert load(tmp_path, MAIL_PASSWORD='"a" b ').mail.password == '"a" b '


@pytest.mark.parametrize(
    "value", ["0", "65536", "-1", "5x87", "587.0", "1_000", "smtp", "٥٨٧", "9" * 5000]
)
def test_the_fault_of_an_impossible_port_names_the_variable(tmp_path: Path, value: str) -> None:
    (fault,) = faults(tmp_path, MAIL_PORT=value)

    assert "WATCHWORD_MAIL_PORT" in fault
    assert "is not a port; write a number from 1 to 65535" in fault


@pytest.mark.parametrize("value", ["true", "0", "587.5", "[587]", '""', "99999999999"])
def test_a_port_of_another_kind_is_a_fault_of_its_line(tmp_path: Path, value: str) -> None:
    (fault,) = faults(tmp_path, f"[mail]\nport = {value}\n")

    assert "w.toml:2: mail.port" in fault
    assert "is not a port" in fault


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MAIL_HOST", "smtp.example.org:587", "the port, 587, into `port`"),
        ("UNSUBSCRIBE_HOST", "imaps://imap.example.org", 'write "imap.example.org"'),
        ("MAIL_HELLO", "news example", "is not the name of a machine"),
        ("MAIL_LOCALE", "deutsch", "is not a language with a country"),
        ("WEB_URL", "desk.example.org", "is not a web address"),
        ("WEB_URL", "https://desk example.org/", "a blank"),
        ("WEB_URL", "https://desk.example:99999/", "port cannot be read"),
        ("MAIL_BATCH_WINDOW", "soon", "mail.batch_window"),
    ],
)
def test_the_fault_of_an_impossible_value_names_the_variable(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    (fault,) = faults(tmp_path, **{name: value})

    assert f"WATCHWORD_{name}" in fault
    assert words in fault


def test_an_address_of_ipv6_is_a_host_with_or_without_brackets(tmp_path: Path) -> None:
    assert load(tmp_path, MAIL_HOST="[::1]").mail.host == "::1"
    assert load(tmp_path, MAIL_HOST="2001:db8::1").mail.host == "2001:db8::1"
