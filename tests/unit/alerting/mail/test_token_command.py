import sys
import time

import pytest

from crawler.alerting.mail.token_command import fetch_token
from crawler.errors import TransportDown


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def fetch(*command: str, timeout_seconds: float = 20.0) -> str:
    return await fetch_token(command, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize(
    "printed", ["ya29.A0-_~+/=", "ya29.A0-_~+/=\n", "ya29.A0-_~+/=\r\nexpires soon\n"]
)
async def test_the_first_line_is_the_token(printed: str) -> None:
    assert await fetch(*python(f"print({printed!r}, end='')")) == "ya29.A0-_~+/="


async def test_arguments_are_not_passed_through_a_shell() -> None:
    token = await fetch(sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id);`id`|x>y")

    assert token == "$(id);`id`|x>y"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; print('secret'); print('secret', file=sys.stderr); sys.exit(3)", "ended with code 3"),
        ("pass", "is empty"),
        ("print()", "is empty"),
        ("print('secret of two words')", "one line without blanks"),
        ("print('secret\\x1b[0m')", "one line without blanks"),
        ("print('secret' * 4000)", "one line without blanks"),
        ("import sys; sys.stdout.buffer.write(b'secret\\xff\\xfe')", "one line without blanks"),
        ("import os; os.kill(os.getpid(), 9)", "ended with code -9"),
    ],
)  # fmt: skip
async def test_an_invalid_token_is_reported_without_showing_it(code: str, words: str) -> None:
    with pytest.raises(TransportDown, match=words) as caught:
        await fetch(*python(code))

    assert (
        "secret" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    )


@pytest.mark.parametrize("command", [("/nonexistent/token",), ("/etc/passwd",), ("x\0y",)])
async def test_a_program_that_cannot_be_run_is_named(command: tuple[str, ...]) -> None:
    with pytest.raises(TransportDown, match="cannot be run"):
        await fetch(*command)


async def test_a_program_that_hangs_is_ended_with_all_it_started() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    begun = time.monotonic()

    with pytest.raises(TransportDown, match="did not finish within 1 s"):
        await fetch(*python(code), timeout_seconds=1.0)

    assert time.monotonic() - begun < 300  # the program was not waited for


async def test_a_program_that_prints_endlessly_is_ended() -> None:
    with pytest.raises(TransportDown, match="did not finish"):
        await fetch(*python("while True: print('x' * 1000)"), timeout_seconds=1.0)


async def test_a_program_that_reads_input_gets_none() -> None:
    assert await fetch(*python("import sys; print('t' + sys.stdin.read())")) == "t"
