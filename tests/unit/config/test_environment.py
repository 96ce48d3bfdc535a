"""Settings out of the environment: every one, by one rule, named where it is to blame."""

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


def test_every_single_value_can_be_given(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        MAIL_HOST="env.example",
        MAIL_PORT=" 587",
        MAIL_TO="a@x.org, b@x.org,",
        MAIL_OPERATOR="admin@x.org",
        MAIL_REPLY_TO="desk@x.org",
        READING_ROOM_URL="https://desk.example/",
        FETCH_CONTACT="https://desk.example/bot",
        FETCH_EVERY="1h",
        FETCH_PER_DOMAIN_DELAY="3s",
        STORE_KEEP_PAGES="1d",
        SCHEDULE_JITTER="0.2",
        TIMEZONE="Europe/Berlin",
    )

    assert (config.mail.host, config.mail.port) == ("env.example", 587)
    assert config.mail.to == ("a@x.org", "b@x.org")
    assert (config.mail.operator, config.mail.reply_to) == ("admin@x.org", "desk@x.org")
    assert config.reading_room.url == "https://desk.example/"
    assert config.fetch.per_domain.delay == timedelta(seconds=3)
    assert config.store.keep_pages == timedelta(days=1)
    assert config.schedule.jitter == 0.2
    assert config.timezone == "Europe/Berlin"


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
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


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, MAIL_HOST_FILE=str(tmp_path / "none"))

    assert "WATCHWORD_MAIL_HOST_FILE" in fault
    assert "none" in fault


def test_variables_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, SEEDS="./my-seeds", CHECKOUT="/x", CONFIG="/y").mail.host


def test_a_relative_path_counts_from_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load(tmp_path, DATABASE="data/w.db").store.path == tmp_path / "data" / "w.db"
    assert load(tmp_path, MAIL_MAILDIR="mail").mail.maildir == tmp_path / "mail"
