"""Settings under old names are read, with a warning each; both names at once are a fault."""

import logging
from pathlib import Path

import pytest

from crawler.config.files.retired import list_warnings
from crawler.config.load import load_config
from crawler.errors import ConfigFaulty
from scheduler.config_watch import ConfigWatch
from tests.unit.cli.source.test_source_cli import Shell

OLD = """[mail]
operator = "admin@example.org"
gather = "3m"
receipt = "fri 07:00"

[store]
keep_pages = "5d"

[fetch]
max_pause = "2h"

[reading_room]
url = "https://desk.example.org/"

[[words]]
name = "kyiv"
words = ["Kyiv", "Kiev"]

[[watch]]
name = "airport"
query = "kyiv NEAR/5 airport"
aliases = ["kyiv"]
"""
NEW = """[mail]
admin = "admin@example.org"
batch_window = "3m"
status_report = "fri 07:00"

[store]
page_retention = "5d"

[fetch]
max_feed_ttl = "2h"

[web]
url = "https://desk.example.org/"

[[synonyms]]
name = "kyiv"
words = ["Kyiv", "Kiev"]

[[watch]]
name = "airport"
query = "kyiv NEAR/5 airport"
synonyms = ["kyiv"]
"""
PAIRS = [
    ("[mail] operator", "admin"),
    ("[mail] gather", "batch_window"),
    ("[mail] receipt", "status_report"),
    ("[store] keep_pages", "page_retention"),
    ("[fetch] max_pause", "max_feed_ttl"),
    ("[[watch]] aliases", "synonyms"),
    ("[reading_room]", "[web]"),
    ("[[words]]", "[[synonyms]]"),
]


def write(folder: Path, text: str) -> Path:
    file = folder / "watchword.toml"
    file.write_text(text)
    return file


def list_faults(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigFaulty) as caught:
        load_config(path, environ=environ or {})
    return [str(fault) for fault in caught.value.faults]


def test_a_file_with_old_names_means_the_same_as_one_with_new_names(tmp_path: Path) -> None:
    old = load_config(write(tmp_path, OLD), environ={})
    new = load_config(write(tmp_path, NEW), environ={})

    assert old == new
    assert new.mail.admin == "admin@example.org"
    assert new.web.stated_url == "https://desk.example.org/"


def test_each_old_name_is_warned_of_once_and_no_new_one_is(tmp_path: Path) -> None:
    warnings = list_warnings(write(tmp_path, OLD), {})

    assert [one.partition(": ")[2] for one in warnings] == [
        f"{old} is now called {new}; please rename it" for old, new in [*PAIRS[-2:], *PAIRS[:-2]]
    ]
    assert list_warnings(write(tmp_path, NEW), {}) == ()


@pytest.mark.parametrize(
    "style", ['mail.gather = "3m"\n', 'mail = {gather = "3m"}\n', '[mail]\n"gather" = "3m"\n']
)
def test_an_old_name_is_read_however_it_is_written(tmp_path: Path, style: str) -> None:
    config = load_config(write(tmp_path, style), environ={})

    assert config.mail.batch_window.total_seconds() == 180


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ('[mail]\ngather = "3m"\nbatch_window = "4m"\n', "[mail] gather", "batch_window"),
        (
            '[reading_room]\nurl = "https://a.org/"\n[web]\nurl = "https://a.org/"\n',
            "[reading_room]",
            "[web]",
        ),
    ],
)
def test_both_names_are_a_fault_that_names_both(
    tmp_path: Path, text: str, old: str, new: str
) -> None:
    (fault,) = list_faults(write(tmp_path, text))

    assert f"{old} is now called {new}, and both are given" in fault


def test_both_names_in_two_files_are_a_fault_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[mail]\ngather = "3m"\n')
    (tmp_path / "b.toml").write_text('[mail]\nbatch_window = "4m"\n')

    (fault,) = list_faults(tmp_path)

    assert "[mail] gather is now called batch_window" in fault
    assert "a.toml" in fault


def test_a_fault_of_an_old_name_is_reported_for_its_line(tmp_path: Path) -> None:
    (fault,) = list_faults(write(tmp_path, '[mail]\nto = ["a@example.org"]\ngather = "soon"\n'))

    assert fault.startswith(f"{tmp_path / 'watchword.toml'}:3")


def test_a_variable_with_an_old_name_is_read_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    environ = {
        "WATCHWORD_MAIL_GATHER": "3m",
        "WATCHWORD_READING_ROOM_URL": "https://a.example.org/",
    }

    config = load_config(path, environ=environ)

    assert config.mail.batch_window.total_seconds() == 180
    assert config.web.url == "https://a.example.org/"
    assert list_warnings(path, environ) == (
        "WATCHWORD_MAIL_GATHER is now called WATCHWORD_MAIL_BATCH_WINDOW; please rename it",
        "WATCHWORD_READING_ROOM_URL is now called WATCHWORD_WEB_URL; please rename it",
    )


def test_a_secret_file_named_by_an_old_variable_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse battery staple\n")

    config = load_config(
        write(tmp_path, ""), environ={"WATCHWORD_READING_ROOM_PASSWORD_FILE": str(secret)}
    )

    assert config.web.password_file == secret


def test_both_variables_are_a_fault_that_names_both(tmp_path: Path) -> None:
    environ = {"WATCHWORD_MAIL_GATHER": "3m", "WATCHWORD_MAIL_BATCH_WINDOW": "4m"}

    (fault,) = list_faults(write(tmp_path, ""), environ)

    assert (
        "WATCHWORD_MAIL_GATHER is now called WATCHWORD_MAIL_BATCH_WINDOW, and both are given"
        in fault
    )


def test_check_and_doctor_name_each_old_name(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.file.write_text(
        shell.file.read_text() + '\n[reading_room]\nurl = "https://desk.example.org/"\n'
    )

    printed = shell.run("check")

    assert "[reading_room] is now called [web]; please rename it" in printed
    assert "[reading_room] is now called [web]; please rename it" in shell.run("doctor", code=1)


def test_the_daemon_logs_each_old_name_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, OLD)
    caplog.set_level(logging.WARNING)

    watch = ConfigWatch(path, lambda: load_config(path, environ={}))
    first = [record.getMessage() for record in caplog.records]
    caplog.clear()
    path.write_text(NEW)
    watch.reload(is_urgent=True)
    watch.accept()

    assert len(first) == len(PAIRS)
    sentence = f"{path}: [mail] gather is now called batch_window; please rename it"
    assert any(line.startswith("setting under an old name ") and sentence in line for line in first)
    assert caplog.records == []
