"""How long a newcomer waits: from `watchword demo` to the first alert, with the processor time of each process until then.

    python -m bench.first_alert --rounds 3

On a busy machine the seconds say little; the processor time of the processes, which start one after another, says more.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

_LOOK_SECONDS = 0.05
_MOST_SECONDS = 300.0
# what a command line must contain, in this order
_KINDS = {
    "parse pool": "fork_server",
    "crawl process": "-m crawler",
    "daemon": " run --quiet",
    "demo": " demo",
}


def main() -> None:
    """Print one line for each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    stated = parser.parse_args()
    print(f"| first alert after | {' | '.join(f'{kind}, CPU' for kind in _KINDS)} | load |")
    print(f"|{' --- |' * (len(_KINDS) + 2)}")
    for _ in range(stated.rounds):
        with tempfile.TemporaryDirectory() as folder:
            seconds, spent = measure(Path(folder))
        cells = [f"{spent.get(kind, 0.0):.1f} s" for kind in _KINDS]
        print(f"| {seconds:.1f} s | {' | '.join(cells)} | {os.getloadavg()[0]:.1f} |")


def measure(folder: Path) -> tuple[float, dict[str, float]]:
    """Run a demo until its first alert; return the seconds it says, and the CPU seconds of each kind of process."""
    command = [sys.executable, "-m", "watchword", "demo", "--exit"]
    environ = {**os.environ, "TMPDIR": str(folder)}
    found: list[float] = []
    spent: dict[tuple[str, int], float] = {}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as demo:
        reading = threading.Thread(target=_read, args=(demo, found))
        reading.start()
        ends_by = time.monotonic() + _MOST_SECONDS
        while not found and demo.poll() is None and time.monotonic() < ends_by:
            for pid in _list_tree(demo.pid):
                _note(pid, spent)
            time.sleep(_LOOK_SECONDS)
        demo.send_signal(signal.SIGINT)
        reading.join()
    total = {kind: sum(s for (own, _), s in spent.items() if own == kind) for kind in _KINDS}
    return (found[0] if found else float("nan")), total


def _read(demo: "subprocess.Popen[str]", found: list[float]) -> None:
    began = time.monotonic()
    found.extend(
        time.monotonic() - began
        for line in demo.stdout or ()
        if re.search(r"the first alert, \d+ s", line)
    )


def _list_tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return []
    return [pid, *(one for child in children for one in _list_tree(int(child)))]


def _note(pid: int, spent: dict[tuple[str, int], float]) -> None:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:  # it has ended
        return
    kind = next((kind for kind, words in _KINDS.items() if words in line), "")
    spent[kind, pid] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
