"""The mail program of this machine: what is passed to it, and what its exit codes mean."""

import json
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from crawler.alerting.mail.local.sendmail import send_by_sendmail
from crawler.config.sections.mail import MailSettings
from crawler.errors import MailDeferred, MailRefused, TransportDown

PROGRAM = """
import json, sys, time
from pathlib import Path
received = sys.stdin.read()
Path({out!r}).write_text(json.dumps([sys.argv[1:], received]))
sys.stderr.write({printed!r})
{more}
sys.exit({code})
"""


def program(folder: Path, *, code: int = 0, printed: str = "", more: str = "") -> tuple[str, ...]:
    file = folder / "sendmail.py"
    out = str(folder / "received.json")
    file.write_text(PROGRAM.format(out=out, printed=printed, more=more, code=code))
    return (sys.executable, str(file), "-i")


def received(folder: Path) -> tuple[list[str], str]:
    arguments, text = json.loads((folder / "received.json").read_text())
    return arguments, text


async def send(
    command: tuple[str, ...], recipient: str = "me@x.org", timeout_seconds: float = 20
) -> str:
    message = EmailMessage()
    message["From"] = "Bücher <watch@x.org>"
    message["To"] = recipient
    message.set_content("first\n.\nlast\n")
    return await send_by_sendmail(
        message, recipient=recipient, command=command, timeout_seconds=timeout_seconds
    )


@pytest.mark.parametrize(
    ("recipient", "last"),
    [
        ("me@x.org", "me@x.org"),
        ("-oQ/tmp@x.org", "-oQ/tmp@x.org"),
        ("a$(id)`id`;'b@x.org", "a$(id)`id`;'b@x.org"),
        ("me@bücher.example", "me@xn--bcher-kva.example"),
    ],
)
async def test_the_recipient_comes_last_and_is_never_an_option(
    tmp_path: Path, recipient: str, last: str
) -> None:
    command = program(tmp_path)
    try:
        answer = await send(command, recipient)
    except MailRefused:
        assert not (tmp_path / "received.json").exists()
        return

    arguments, text = received(tmp_path)
    assert arguments == ["-i", "--", last]
    assert "\n.\nlast\n" in text
    assert "\r" not in text
    assert text.isascii()
    assert "accepted it" in answer


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (65, MailRefused),
        (67, MailRefused),
        (68, MailRefused),
        (75, MailDeferred),
        (1, TransportDown),
        (64, TransportDown),
        (69, TransportDown),
        (70, TransportDown),
        (77, TransportDown),
        (78, TransportDown),
    ],
)
async def test_the_exit_code_decides_what_happens_to_the_message(
    tmp_path: Path, code: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        await send(program(tmp_path, code=code, printed="because\nof this"))

    assert type(caught.value) is kind
    assert f"code {code}" in str(caught.value)
    assert "because" in str(caught.value)


async def test_a_program_that_hangs_is_ended_in_time(tmp_path: Path) -> None:
    with pytest.raises(TransportDown, match="did not finish within 1 s"):
        await send(program(tmp_path, more="time.sleep(600)"), timeout_seconds=1)


async def test_a_program_that_reads_nothing_is_judged_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "deaf.py").write_text("import sys; sys.stdin.close(); sys.exit(75)")

    with pytest.raises(MailDeferred, match="code 75"):
        await send((sys.executable, str(tmp_path / "deaf.py")))


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(TransportDown, match="sendmail cannot be run: No such file"):
        await send(("/nowhere/sendmail",))


def test_a_mail_program_and_a_server_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="give either `host` or `sendmail`"):
        MailSettings(host="mail.example.org", sendmail=("/usr/sbin/sendmail",))
