"""A crawl process that misbehaves; it replaces the real one as ``python fake_crawl.py FOLDER BEHAVIOUR...``.

Each start takes the next behaviour of the command line; after the last one it behaves well. Every start appends its pid to
FOLDER/lives, and what it is sent to FOLDER/orders.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

BEAT_SECONDS = 0.05
FOLDER = Path(sys.argv[1])


class Fake:
    """One life."""

    def __init__(self, first: dict[str, Any]) -> None:
        self.fd = int(first["beats_fd"])
        self.facts: dict[str, Any] = {"visits": 2, "storage": None, "rss": 1_000_000, "done": 0}
        self.number = int(first["number"])
        self.is_progressing = True
        self.is_deaf = self.is_refusing = self.is_losing = self.is_stubborn = False

    def write(self, text: str) -> None:
        os.write(self.fd, text.encode() + b"\n")

    def beat(self) -> None:
        self.facts["done"] += self.is_progressing
        self.write(json.dumps({"beat": "now", **self.facts, "config": self.number}))

    def beat_for_ever(self) -> None:
        while True:
            self.beat()
            time.sleep(BEAT_SECONDS)

    def listen(self) -> None:
        for line in sys.stdin.buffer:
            with (FOLDER / "orders").open("ab") as orders:
                orders.write(line)
            order = json.loads(line)
            is_lost = "changes" in order and self.is_losing
            if "number" in order and not self.is_refusing and not is_lost:
                self.number = int(order["number"])
            if "request" in order and not self.is_deaf:
                self.answer(order["request"])
        if not self.is_stubborn:
            os._exit(0)

    def answer(self, request: dict[str, Any]) -> None:
        is_done = request["kind"] != "refused"
        answer = {"id": request["id"], "is_done": is_done, "text": f"about {request['kind']}"}
        self.write(json.dumps({"answer": answer}))
        if request["kind"] == "last words":
            os._exit(1)


def garbage(fake: Fake) -> None:
    sys.stdout.write('a library says hello\n{"beat": "on the wrong pipe", "visits": 99}\n')
    sys.stdout.flush()
    for line in (
        "no json",
        "[]",
        '{"beat": 1, "visits": 1}',
        '{"beat": "now", "visits": "many"}',
        '{"answer": {"id": 77}}',
        '{"answer": {"id": 78, "text": "nobody asked"}}',
        "\x00\xff" * 2_000_000,
    ):
        fake.write(line)


def dies(_fake: Fake) -> None:
    os._exit(3)


def is_killed(_fake: Fake) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(fake: Fake) -> None:
    fake.beat()
    time.sleep(600)


def never_beats(_fake: Fake) -> None:
    time.sleep(600)


def makes_no_progress(fake: Fake) -> None:
    fake.is_progressing = False


def waits_for_storage(fake: Fake) -> None:
    fake.is_progressing = False
    fake.facts["storage"] = "the disk is full"


def is_idle(fake: Fake) -> None:
    fake.is_progressing = False
    fake.facts["visits"] = 0


def is_heavy(fake: Fake) -> None:
    fake.facts["rss"] = 5_000_000_000


def is_stubborn(fake: Fake) -> None:
    fake.is_stubborn = True


def is_heavy_and_stubborn(fake: Fake) -> None:
    is_heavy(fake)
    is_stubborn(fake)


def is_deaf(fake: Fake) -> None:
    fake.is_deaf = True


def refuses_configurations(fake: Fake) -> None:
    fake.is_refusing = True


def loses_changes(fake: Fake) -> None:
    fake.is_losing = True


def leaves_an_orphan(fake: Fake) -> None:
    """Start a child in a session of its own, which the kill of the group does not reach and which holds all pipes open."""
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        pass_fds=(fake.fd,),
        start_new_session=True,
    )
    (FOLDER / "orphan").write_text(str(orphan.pid))
    fake.beat()
    os._exit(4)


def main() -> None:
    lives = FOLDER / "lives"
    number = len(lives.read_text().splitlines()) if lives.exists() else 0
    with lives.open("a") as file:
        file.write(f"{os.getpid()}\n")
    fake = Fake(json.loads(sys.stdin.buffer.readline()))
    behaviours = sys.argv[2:]
    if number < len(behaviours):
        globals()[behaviours[number]](fake)
    threading.Thread(target=fake.beat_for_ever, daemon=True).start()
    fake.listen()
    time.sleep(600)


if __name__ == "__main__":
    main()
