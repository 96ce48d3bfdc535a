"""`make wheel-check`: build sdist and wheel, and use the wheel where there is no copy of this repository.

    python -m tests.installation.wheel

The wheel is installed into an empty environment in a temporary folder, with the versions of requirements.txt; then ``demo``,
``init``, ``check`` and ``browse`` run in an empty folder. If one fails, its output is printed and the exit code is 1.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
# installing and the demo take minutes on a slow machine
_MOST_SECONDS = 600
_BROWSE_SECONDS = 120
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


def use(watchword: Path, folder: Path) -> None:
    """Run in an empty folder the commands of a first day."""
    output = run([str(watchword), "demo", "--exit"], folder)
    config = re.search(r"configuration +(\S+)", output)
    if config is None:
        raise Failed(f"the demo names no configuration:\n{output}")
    run([str(watchword), "init"], folder)
    run([str(watchword), "check"], folder)
    if "# Settings" not in run([str(watchword), "docs", "settings"], folder):
        raise Failed("the wheel holds no docs")
    # the sets lie in a folder of their own in the wheel
    run([str(watchword), "synonyms", "add", "drone", "--watch", "drones"], folder)
    run([str(watchword), "check"], folder)
    # on the demo's configuration: only there is a database yet
    browse(watchword, folder, config=config[1])


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


def run(command: list[str], folder: Path) -> str:
    """Print and run a command; return its output, or raise Failed with it."""
    sys.stdout.write(f"$ {' '.join(command)}\n")
    sys.stdout.flush()
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
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
            watchword = install(build(folder / "dist"), folder / "environment")
            use(watchword, empty)
        except Failed as failure:
            sys.exit(str(failure))
    sys.stdout.write("the wheel works elsewhere\n")


if __name__ == "__main__":
    main()
