"""`make wheel-check`: build sdist and wheel, and use the wheel where there is no copy of this repository.

    python -m tests.installation.wheel

The wheel is installed into an empty environment in a temporary folder, with the versions of requirements.txt; then ``demo``,
``browse``, ``init`` (by flags, and as a person answers it), ``check`` and ``run`` are used in empty folders. Then it is installed
by ``uv tool install`` and ``pipx``, where they are here. If one fails, its output is printed and the exit code is 1.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from tests.terminal import Terminal
from watchword.demo.newspaper import Newspaper

ROOT = Path(__file__).resolve().parents[2]
# installing and the demo take minutes on a slow machine
_MOST_SECONDS = 600
_BROWSE_SECONDS = 120
# the first is no address and no name of the catalogue, so it is asked again
_ANSWERS = (
    ("Source [un-news]:", "bbcworld"),
    ("Source [un-news]:", "en:defence"),
    ("Another source [no more]:", ""),
    ("Query [", '"blue port" OR quay'),
    ("Another query [no more]:", ""),
    ("Send alerts to [a folder]:", ""),
    ("Visit the sources now", "n"),
    ("Send a test mail", "y"),
)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/?")


class Failed(Exception):
    """A step failed; the text is the command's output."""


def build(folder: Path) -> Path:
    """Return the wheel, built from the sdist: files missing there are missed here."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)], ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Return the command ``watchword`` of an environment with this wheel and its requirements."""
    run([sys.executable, "-m", "venv", str(folder)], ROOT)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--require-hashes", "-r", str(ROOT / "requirements.txt")], ROOT)
    run([*pip, "install", "--no-deps", "--no-index", str(wheel)], ROOT)
    return folder / "bin" / "watchword"


def install_as_tool(wheel: Path, folder: Path) -> tuple[Path, ...]:
    """Return the commands ``watchword`` that the installers of this machine make of the wheel."""
    constraints, made = folder / "constraints.txt", []
    folder.mkdir()
    # without hashes: with them, pip would want one of the wheel as well
    pins = re.findall(r"(?m)^([^\s#]+==[^\\\n]+?) *\\?$", (ROOT / "requirements.txt").read_text())
    constraints.write_text("\n".join(pins))
    if uv := shutil.which("uv"):
        places = {"UV_TOOL_DIR": str(folder / "uv"), "UV_TOOL_BIN_DIR": str(folder / "uv-bin")}
        command = [uv, "tool", "install", "--quiet", "--python", sys.executable]
        run([*command, "--constraints", str(constraints), str(wheel)], folder, places)
        made.append(folder / "uv-bin" / "watchword")
    if pipx := shutil.which("pipx"):
        places = {"PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "pipx-bin")}
        command = [pipx, "install", "--quiet", "--python", sys.executable]
        run([*command, f"--pip-args=-c {constraints}", str(wheel)], folder, places)
        made.append(folder / "pipx-bin" / "watchword")
    return tuple(made)


def use(watchword: Path, folder: Path) -> None:
    """Run in empty folders the commands of a first day."""
    # the demo leaves its folder, to be opened again
    output = run([str(watchword), "demo", "--exit"], folder, {"TMPDIR": str(folder)})
    config = re.search(r"configuration +(\S+)", output)
    if config is None:
        raise Failed(f"the demo names no configuration:\n{output}")
    if "# Settings" not in run([str(watchword), "docs", "settings"], folder):
        raise Failed("the wheel holds no docs")
    # on the demo's configuration: only there is a database yet
    browse(watchword, folder, config=config[1])
    run([str(watchword), "init"], _make_empty(folder / "example"))
    # the sets lie in a folder of their own in the wheel
    run([str(watchword), "synonyms", "add", "drone", "--watch", "drones"], folder / "example")
    run([str(watchword), "check"], folder / "example")
    with Newspaper() as paper:
        by_flags, asked = _make_empty(folder / "flags"), _make_empty(folder / "asked")
        feed = paper.outlets[1].feed_url
        flags = ["--source", feed, "--allow-private", "--watch", "drone", "--to", "you@example.org"]
        printed = run([str(watchword), "init", *flags], by_flags)
        for words in ("feed, ", "the message is in"):
            if words not in printed:
                raise Failed(f"init by flags does not say {words!r}:\n{printed}")
        run([str(watchword), "check"], by_flags)
        watch(watchword, by_flags)
        answer(watchword, asked)


def _make_empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def answer(watchword: Path, folder: Path) -> None:
    """Answer the questions of ``init`` at a terminal, as a person without network does."""
    environ = {**_environment(), "COLUMNS": "80", "TERM": "dumb"}
    sys.stdout.write("$ watchword init, at a terminal\n")
    with Terminal([str(watchword), "init"], environ, folder=folder) as terminal:
        for question, text in _ANSWERS:
            terminal.answer(question, text)
        if terminal.end() or "the message is in" not in terminal.text:
            raise Failed(terminal.text)
    run([str(watchword), "check"], folder)


def watch(watchword: Path, folder: Path) -> None:
    """Run the daemon until it has visited a source; it must then end in order."""
    sys.stdout.write("$ watchword run\n")
    log = folder / "run.log"
    with log.open("w") as file, subprocess.Popen([str(watchword), "run"], cwd=folder, env=_environment(), stdout=file, stderr=file) as daemon:  # fmt: skip
        deadline = time.monotonic() + _BROWSE_SECONDS
        while " visited " not in log.read_text():
            if time.monotonic() > deadline or daemon.poll() is not None:
                daemon.kill()
                raise Failed(f"run visited nothing:\n{log.read_text()}")
            time.sleep(0.2)
        daemon.terminate()
    if daemon.returncode not in {0, 143}:
        raise Failed(f"run ended with {daemon.returncode}:\n{log.read_text()}")


def browse(watchword: Path, folder: Path, *, config: str) -> None:
    """Open the web pages; read the first page and the style sheet it names."""
    log = folder / "browse.log"
    command = [str(watchword), "--config", config, "browse", "--no-open", "--port", "0"]
    with log.open("w") as file, subprocess.Popen(command, cwd=folder, env=_environment(), stdout=file, stderr=file) as web:  # fmt: skip
        try:
            address = _wait_for_address(web, log)
            page = _read(address)
            for needed in ("Watchword", "/assets/"):
                if needed not in page:
                    raise Failed(f"the first page holds no {needed!r}:\n{page[:2000]}")
            style = re.search(r'href="([^"]*/assets/[^"]+\.css)"', page)
            if style is None or "{" not in _read(address.rstrip("/") + style[1]):
                raise Failed("the style sheet is not there")
        finally:
            web.terminate()


def _wait_for_address(web: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _BROWSE_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        if found := _ADDRESS.search(log.read_text()):
            try:
                _read(found[0])
            except OSError:
                pass
            else:
                return found[0]
        time.sleep(0.2)
    raise Failed(f"browse did not open\n{log.read_text()[-2000:]}")


def _read(url: str) -> str:
    with urlopen(url, timeout=10) as answer:  # ours, on loopback
        return str(answer.read().decode())


def run(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> str:
    """Print and run a command; return its output, or raise Failed with it."""
    sys.stdout.write(f"$ {' '.join(command)}\n")
    sys.stdout.flush()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**_environment(), **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_MOST_SECONDS,
    )
    if done.returncode:
        raise Failed(f"exit code {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Return an environment in which nothing of this repository can be imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
    return {
        name: value for name, value in kept.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }


def main() -> None:
    """Build the wheel, install it, and use it."""
    with tempfile.TemporaryDirectory(prefix="watchword-wheel-") as name:
        folder = Path(name)
        empty = folder / "empty"
        empty.mkdir()
        try:
            wheel = build(folder / "dist")
            watchword = install(wheel, folder / "environment")
            use(watchword, empty)
            for command in install_as_tool(wheel, folder / "tools"):
                run([str(command), "--version"], folder)
                place = _make_empty(folder / f"empty-{command.parent.name}")
                run([str(command), "init"], place)
                run([str(command), "check"], place)
        except Failed as failure:
            sys.exit(str(failure))
    sys.stdout.write("the wheel works elsewhere\n")


if __name__ == "__main__":
    main()
