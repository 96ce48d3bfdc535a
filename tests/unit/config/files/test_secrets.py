"""Secret files as people write them, and the messages about those that cannot be read."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.config.files.secrets import read_password
from crawler.config.load import load_config
from crawler.config.sections.mail import MailSettings
from crawler.errors import ConfigFaulty

ROOT = Path(__file__).resolve().parents[4]
STRANGER = 123_456
SOURCE = '[[source]]\nname = "courier"\nurl = "https://courier.example/"\nusername = "u"\n'
CHANNEL = '[[channel]]\nname = "hook"\n'


def faults(folder: Path, text: str, **environ: str) -> list[str]:
    (folder / "a.toml").write_text(text)
    with pytest.raises(ConfigFaulty) as caught:
        load_config(folder, environ=environ, reads_secrets=True)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n", "s3cret"),
        (b"\xef\xbb\xbfs3cret\r\n", "s3cret"),
        (b" s3cret \n", " s3cret "),
        (b"s3cret\t\n# the mail relay\n", "s3cret\t"),
        ("pässwörd\n".encode(), "pässwörd"),
        ("a\u2028b\x0bc\n".encode(), "a\u2028b\x0bc"),
    ],
)
def test_a_secret_is_the_first_line_as_it_is(tmp_path: Path, content: bytes, secret: str) -> None:
    (tmp_path / "pw").write_bytes(content)

    assert read_password(MailSettings(password_file=tmp_path / "pw")) == secret


def _no_file(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_no_file, "there is no such file"),
        (lambda path: path.mkdir(), "it is a folder, which compose makes"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"\xef\xbb\xbf\r\n"), "is empty"),
        (lambda path: path.write_bytes(b"\ns3cret\n"), "begins with an empty line"),
        (lambda path: path.write_bytes(b"  \ns3cret\n"), "begins with an empty line"),
        (lambda path: path.write_bytes("s3cret".encode("utf-16")), "is not a text file"),
        (lambda path: path.write_bytes(b"s3cr\xe9t"), "it is not UTF-8 text"),
        (lambda path: path.write_bytes(b"x" * 100_000), "is not a text file"),
    ],
)
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[mail]\nhost = "h"\nusername = "u"\npassword_file = "pw"\n', "mail.password_file"),
        ('[mail]\nhost = "h"\nusername = "u"\ntoken_file = "pw"\n', "mail.token_file"),
        (
            '[unsubscribe]\nhost = "h"\nusername = "u"\npassword_file = "pw"\n',
            "unsubscribe.password_file",
        ),
        (f'{SOURCE}password_file = "pw"\n', "source[1].password_file"),
        (f'{CHANNEL}url_file = "pw"\n', "channel[1].url_file"),
    ],
)
def test_a_file_that_holds_no_secret_is_a_fault_of_its_setting(
    tmp_path: Path, make: Callable[[Path], object], words: str, text: str, where: str
) -> None:
    make(tmp_path / "pw")

    (fault,) = faults(tmp_path, text)

    assert where in fault
    assert words in fault
    assert str(tmp_path / "pw") in fault
    assert "s3cr" not in fault


def test_the_fault_names_the_variable_that_names_the_file(tmp_path: Path) -> None:
    text = '[mail]\nhost = "h"\nusername = "u"\npassword_file = "other"\n'

    (fault,) = faults(tmp_path, text, WATCHWORD_MAIL_PASSWORD_FILE="/nowhere/pw")

    assert "WATCHWORD_MAIL_PASSWORD_FILE" in fault
    assert "/nowhere/pw cannot be read: there is no such file" in fault


def test_a_webhook_file_that_holds_no_address_is_a_fault_that_does_not_show_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "pw").write_text("hooks.example.org/T0/hunter2\n")

    (fault,) = faults(tmp_path, f'{CHANNEL}url_file = "pw"\n')

    assert "does not contain a full address" in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff\n"])
def test_a_file_of_keys_without_one_is_a_fault(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys").write_text(content)

    (fault,) = faults(tmp_path, f'{CHANNEL}url = "https://x.example/"\nsecret_file = "keys"\n')

    assert "channel[1].secret_file" in fault
    assert "is empty" in fault


def test_a_login_without_a_password_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, '[mail]\nhost = "h"\nusername = "u"\n')

    assert "mail.username: it has no password" in fault


def test_a_command_that_needs_no_secret_reads_none(tmp_path: Path) -> None:
    text = (
        '[mail]\nhost = "h"\nusername = "u"\npassword_file = "/nowhere/a"\n'
        '[unsubscribe]\nhost = "h"\nusername = "u"\npassword_file = "/nowhere/b"\n'
        f'{SOURCE}password_file = "/nowhere/c"\n{CHANNEL}url_file = "/nowhere/d"\n'
    )
    (tmp_path / "a.toml").write_text(text)

    assert load_config(tmp_path, environ={}).mail.password_file == Path("/nowhere/a")


AS_A_STRANGER = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from crawler.config.files.secrets import read_password
from crawler.config.sections.mail import MailSettings
from crawler.errors import ConfigFaulty
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
try:
    read_password(MailSettings(password_file=Path({path!r})))
except ConfigFaulty as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize(
    ("closed", "what"), [("pw", "file"), (".", "folder")], ids=["file", "folder"]
)
def test_a_secret_of_another_user_names_owner_mode_and_uid(
    tmp_path: Path, closed: str, what: str
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    for one in (
        tmp_path,
        *tmp_path.parents[:3],
    ):  # the folders of pytest, and between them that of xdist
        if one == Path(tempfile.gettempdir()):
            break
        one.chmod(0o755)
    (folder / "pw").write_text("s3cret")
    (folder / closed).chmod(0o600)
    code = AS_A_STRANGER.format(root=str(ROOT), uid=STRANGER, path=str(folder / "pw"))

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    barrier = folder / closed
    assert (
        f"the {what} {barrier} belongs to uid 0, mode 600, and this is uid {STRANGER}"
        in printed.stdout
    )
    assert f"chown {STRANGER} {barrier}" in printed.stdout
