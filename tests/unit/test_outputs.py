"""Standard outputs that cannot be written: the work goes on, lost output is counted, nothing is raised."""

import fcntl
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crawler.machine.processes.outputs import Output, make_outputs_safe

_TEXT = "مرفأ 海港 😀 dröhne \ud800 \udcff"
_READY = "from crawler.machine.processes.outputs import make_outputs_safe, write_in_background\nmake_outputs_safe()\n"


def run_python(code: str, *, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    """Run a program whose outputs are made safe, in a shell that redirects them."""
    command = ["sh", "-c", f'exec "$0" -c "$1" {shell}', sys.executable, _READY + code]
    return subprocess.run(
        command, capture_output=True, timeout=60, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "ascii"),
        ({"PYTHONIOENCODING": "latin-1:strict"}, "latin-1"),
        ({"PYTHONIOENCODING": "utf-16"}, "utf-16"),
        ({"PYTHONIOENCODING": "utf-8:strict"}, "utf-8"),
        ({"PYTHONIOENCODING": "shift-jis"}, "shift-jis"),
        ({"LC_ALL": "C"}, "utf-8"),
        ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "ascii"),
        ({"LC_ALL": "no_SUCH.locale"}, "utf-8"),
    ],
)
def test_any_text_can_be_printed_in_any_encoding_and_json_stays_json(
    environment: dict[str, str], encoding: str
) -> None:
    code = f"""
import json, sys
print(json.dumps({_TEXT!a}, ensure_ascii=False))
sys.stderr.write({_TEXT!a})
"""

    done = run_python(code, **environment)

    assert done.returncode == 0
    assert json.loads(done.stdout.decode(encoding)) == _TEXT
    assert done.stderr.decode(encoding).endswith("\\ud800 \\udcff")


@pytest.mark.parametrize(
    "shell", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", "1</dev/null"]
)  # fmt: skip
@pytest.mark.parametrize("how", ["", "write_in_background()\n"])
def test_an_output_that_cannot_be_written_changes_no_exit_code(shell: str, how: str) -> None:
    code = """
import logging, os, sys
print("one")
logging.warning("two")
sys.stdin.read() if "<&-" in sys.argv else None
number = os.open(os.devnull, os.O_RDONLY)
assert number > 2, number
print("three", flush=True)
raise SystemExit(7)
"""
    assert run_python(how + code, shell=shell).returncode == 7


def test_a_child_of_a_process_without_outputs_has_some() -> None:
    code = """
import subprocess, sys
child = "import os; os.fstat(0), os.fstat(1), os.fstat(2); raise SystemExit(9)"
raise SystemExit(subprocess.run([sys.executable, "-c", child]).returncode)
"""
    assert run_python(code, shell="<&- >&- 2>&-").returncode == 9


def test_a_reader_that_has_closed_its_end_causes_no_error() -> None:
    code = "for number in range(100_000): print(number)"

    done = run_python(code, shell="| head -1; true")

    assert (done.stdout, done.stderr) == (b"0\n", b"")


def test_streams_replaced_by_other_code_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", ours)
    monkeypatch.setattr(sys, "stderr", theirs)

    make_outputs_safe()

    assert sys.stdout is ours
    assert sys.stderr is theirs


def test_unread_output_is_dropped_in_the_background_and_reported_when_it_is_read_again() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    code = f"""
import os, sys
os.dup2({writing}, 2)
write_in_background()
for number in range(50_000):
    sys.stderr.write(f"line {{number}} {{'x' * 80}}\\n")
print("not stopped", flush=True)
os.read(0, 1)
# there is room again by now
sys.stderr.write("last line\\n")
"""
    child = subprocess.Popen(
        [sys.executable, "-c", _READY + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(writing,),
    )
    os.close(writing)
    assert child.stdin is not None
    assert child.stdout is not None

    assert child.stdout.readline() == b"not stopped\n"
    with os.fdopen(reading, "rb") as pipe:
        first = pipe.readline()
        # all kept lines, up to the point where lines were lost
        kept = [line for line, _ in zip(pipe, range(9_000), strict=False)]
        child.stdin.write(b"\n")
        child.stdin.close()
        rest = pipe.read()

    assert first.startswith(b"line 0 ")
    assert kept
    assert child.wait(60) == 0
    assert b" lines, because nobody read]\nlast line\n" in rest
    assert rest.endswith(b"last line\n")
    child.stdout.close()


def test_a_pipe_made_non_blocking_by_another_program_loses_nothing() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    output = Output(writing)
    written = b"".join(b"%d\n" % number for number in range(50_000))
    heard: list[bytes] = []

    def read() -> None:
        with os.fdopen(reading, "rb") as pipe:
            heard.append(pipe.read())

    reader = threading.Thread(target=read)
    reader.start()

    output.write(written)
    os.close(writing)
    reader.join()

    assert output.fault is None
    assert heard == [written]


@pytest.mark.parametrize("redirect", ["> log 2>&1", "2>&1 > log", ">> log 2>&1", "> log 2> log"])
def test_a_log_that_is_emptied_begins_anew(redirect: str, tmp_path: Path) -> None:
    """Logrotate's `copytruncate` empties the file: written on where it stood, the next line comes after that many NULs."""
    code = """
import sys
write_in_background()
print("x" * 10_000, end="", flush=True)
sys.stdin.readline()
print("after", flush=True)
print("and after that", file=sys.stderr, flush=True)
"""
    script, log = tmp_path / "script.py", tmp_path / "log"
    script.write_text(_READY + code)
    child = subprocess.Popen(
        ["sh", "-c", f'exec "$0" "$1" {redirect}', sys.executable, str(script)],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not log.exists() or log.stat().st_size < 10_000:
        assert child.poll() is None

    os.truncate(log, 0)
    child.communicate(b"\n")

    lines = log.read_bytes().splitlines()
    assert lines[0] == b"after"
    assert len(lines) == (1 if redirect.startswith("2>&1") else 2)
