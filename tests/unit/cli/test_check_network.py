"""``watchword check --network`` on real servers of this machine: what answers, what does not, and that nothing is sent."""

import json
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from tests.fakes import FakeSite
from tests.unit.cli.test_cli import Shell
from watchword.web.ports import find_free_port


class Refusing(Message):
    """Notes each message: there must be none."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_message(self, message: object) -> None:
        del message
        self.count += 1


def write(folder: Path, port: int, sources: dict[str, str], more: str = "") -> None:
    lines = [
        f'[store]\npath = "{folder / "n.db"}"\n',
        f'[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nto = ["me@example.org"]\n{more}',
    ]
    lines += [
        f'[[source]]\nname = "{name}"\nurl = "{url}"\nallow_private = true\n'
        for name, url in sources.items()
    ]
    (folder / "n.toml").write_text("".join(lines))


def test_each_place_is_tried_once_and_nothing_is_sent(shell: Shell, tmp_path: Path) -> None:
    handler = Refusing()
    mail = Controller(handler, hostname="127.0.0.1", port=find_free_port())
    mail.start()
    try:
        with FakeSite() as site:
            site.put_feed("/rss", "/one", "/two")
            sources = {"courier": f"{site.url}/rss", "gone": f"{site.url}/gone"}
            ping = f'[health]\nping = "{site.url}/ping/secret-id"\n'
            write(tmp_path, mail.port, sources, ping)

            printed = shell.run("check", "--network", config="n.toml", code=4)
            asked = site.paths()
    finally:
        mail.stop()

    assert "ok      courier" in printed
    assert "2 entries" in printed
    assert "FAILED  gone" in printed
    assert "it has moved" in printed
    assert "not encrypted" in printed
    assert "ok      ping: [health] ping" in printed
    assert "secret-id" not in printed
    assert "4 places tried: 1 of 4 cannot be reached" in printed
    assert handler.count == 0
    # an address that is fetched would say that the daemon is alive; articles are not read
    assert not [path for path in asked if path not in {"/rss", "/gone"} and "ping" in path]
    assert "/one" not in asked
    assert not (tmp_path / "n.db").exists()


def test_all_that_answers_ends_with_0(shell: Shell, tmp_path: Path) -> None:
    mail = Controller(Refusing(), hostname="127.0.0.1", port=find_free_port())
    mail.start()
    try:
        with FakeSite() as site:
            site.put_feed("/rss", "/one")
            write(tmp_path, mail.port, {"courier": f"{site.url}/rss"})
            printed = shell.run("check", "--network", "--json", config="n.toml")
            facts = json.loads(printed[: printed.rindex("}") + 1])
    finally:
        mail.stop()

    states = {one["kind"]: one["state"] for one in facts["network"]}
    assert states == {"source": "ok", "mail": "ok"}


def test_without_a_network_that_is_said_once(shell: Shell, tmp_path: Path) -> None:
    sources = {f"source-{number}": f"http://nothing-{number}.invalid/rss" for number in range(5)}
    write(tmp_path, find_free_port(), sources)

    printed = shell.run("check", "--network", config="n.toml", code=4)

    assert printed.count("No network: none of the 5 sources can be reached.") == 1
    assert "source-1" not in printed
    assert "nothing-1" not in printed
    assert "mail test" in printed
