"""The password of the web pages: where it can be set, and what is not accepted."""

from pathlib import Path

import pytest

from crawler.config.files.secrets import read_web_password
from crawler.config.load import load_config
from crawler.config.sections.web import find_password_fault
from watchword.cli.main import main

GOOD = "quay-42 drones "


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "123412341234",
        "123456789012",
        "210987654321",
        "abcdefghijkl",
        "QWERTYUIOPAS",
        "Password1234",
        "1watchword2026",
        "changeme!!!!!123",
        "password\t12345",
        "password\x00x12345",
        " " * 20,
        "x1y2" * 300,
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    assert find_password_fault(password)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "q8Zt4mWv0rLk",
        "\u043a\u043e\u0442 \u043d\u0430 \u043f\u0440\u0438\u0447\u0430\u043b\u0435",
        "correct horse battery",
        "x" * 900 + "abcd",
    ],
)
def test_any_other_password_is_accepted(password: str) -> None:
    assert find_password_fault(password) == ""


@pytest.mark.parametrize(
    ("text", "environ", "content"),
    [
        (f'password = "{GOOD}"', {}, ""),
        ('password_file = "pw"', {}, f"\ufeff{GOOD}\r\n# of the desk\n"),
        ("", {"WATCHWORD_WEB_PASSWORD": GOOD}, ""),
        ("", {"WATCHWORD_WEB_PASSWORD_FILE": "pw"}, f"{GOOD}\n"),
        ('password = "of the file 12"', {"WATCHWORD_WEB_PASSWORD_FILE": "pw"}, GOOD),
        ('password_file = "none"', {"WATCHWORD_WEB_PASSWORD": GOOD}, ""),
    ],
)
def test_the_password_is_read_from_each_place_where_it_can_be_set(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    text: str,
    environ: dict[str, str],
    content: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pw").write_text(content)
    (tmp_path / "a.toml").write_text(f"[web]\n{text}\n")

    config = load_config(tmp_path, environ=environ)

    assert read_web_password(config.web) == GOOD
    assert GOOD not in repr(config)


@pytest.mark.parametrize(
    ("text", "environ", "words"),
    [
        ('password = "hunter2"', {}, "has 7 characters"),
        ('password = "Password2026"', {}, "first that anybody tries"),
        ('password = "q8Zt4mWv0rLk"\npassword_file = "pw"', {}, "give either"),
        ("", {"WATCHWORD_WEB_PASSWORD": "hunter2"}, "WATCHWORD_WEB_PASSWORD"),
        ('password_file = "pw"', {}, "contains no acceptable password: it has 7 characters"),
        ('password_file = "none"', {}, "there is no such file"),
        ('password_file = "."', {}, "it is a folder"),
    ],
)
def test_check_refuses_a_bad_password_without_quoting_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    text: str,
    environ: dict[str, str],
    words: str,
) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    (tmp_path / "a.toml").write_text(f"[web]\n{text}\n")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    for command in ("check", "browse"):
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(tmp_path / "a.toml"), command])

        printed = capsys.readouterr().err
        assert (ended.value.code, words in printed) == (2, True), printed
        assert "hunter2" not in printed
        assert "Password2026" not in printed
