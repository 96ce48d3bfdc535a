"""What goes wrong during a week, each at its moment and put right again a little later."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.week.run import Week


@dataclass(slots=True, kw_only=True)
class Hands:
    """What a fault may lay hands on; ``is_down`` while the daemon is not to run."""

    week: "Week"
    is_down: bool = False

    def kill(self, kind: str) -> None:
        """End the processes of a kind at once, without a word."""
        for process in self.week.running.processes(kind):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.week.kills += 1

    def restart(self) -> None:
        """Kill the daemon with all its children, and start it again."""
        self.is_down = True
        self.kill("daemon")
        self.week.running.stop()
        self.week.running.clear()
        self.week.write_settings()  # nobody starts it on half a file
        self.week.start()
        self.is_down = False

    def stop_in_order(self) -> None:
        """Stop the daemon as an administrator does, and start it again."""
        self.is_down = True
        self.week.running.stop()
        self.week.write_settings()
        self.week.start()
        self.is_down = False


Act = Callable[[Hands], None]


@dataclass(slots=True, kw_only=True)
class Fault:
    """Something that goes wrong: acts by the share of the week that has passed."""

    name: str
    acts: list[tuple[float, Act]]
    done: int = field(default=0)

    def tick(self, hands: Hands, share: float) -> None:
        """Do what is due."""
        while self.done < len(self.acts) and self.acts[self.done][0] <= share:
            self.acts[self.done][1](hands)
            self.done += 1


def _mode(name: str) -> Act:
    def act(hands: Hands) -> None:
        hands.week.inbox.mode = name

    return act


def _lock(seconds: float) -> Act:
    def act(hands: Hands) -> None:
        def hold() -> None:
            with closing(sqlite3.connect(hands.week.running.database, timeout=30)) as connection:
                connection.execute("BEGIN EXCLUSIVE")
                time.sleep(seconds)
                connection.rollback()

        threading.Thread(target=hold, daemon=True).start()

    return act


def _network(*, is_away: bool) -> Act:
    def act(hands: Hands) -> None:
        hands.week.web.is_away = hands.week.names.is_silent = is_away

    return act


def _move_hosts(hands: Hands) -> None:
    """Give a third of the hosts another address; at the old one nobody answers for them any more."""
    names = hands.week.names
    for host, addresses in list(names.hosts.items())[::3]:
        if ":" not in addresses[0]:
            other = "127.0.0.3" if addresses[0] != "127.0.0.3" else "127.0.0.1"
            hands.week.web.left[host] = addresses[0]
            names.hosts[host] = (other,)


def _half_written(hands: Hands) -> None:
    """Leave half a configuration in place, as an editor does that is killed while it saves."""
    config = hands.week.running.config
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: len(text) * 2 // 3], encoding="utf-8")


def _written(hands: Hands) -> None:
    hands.week.write_settings()


def _look_on(hands: Hands) -> None:
    """Use commands while the daemon works; whoever looks changes nothing."""
    for noun in ("source", "watch", "alert"):
        done = hands.week.running.command(noun, "list", "--json")
        if done.returncode:
            hands.week.troubles.append(f"{noun} list: {done.stderr[-300:]}")


def _make() -> dict[str, Fault]:
    faults = (
        Fault(name="kill crawl", acts=[(0.2, lambda h: h.kill("crawl process"))]),
        Fault(name="kill parser", acts=[(0.25, lambda h: h.kill("parse worker"))]),
        Fault(name="lock", acts=[(0.28, _lock(10.0))]),
        Fault(name="smtp down", acts=[(0.36, _mode("down")), (0.42, _mode("well"))]),
        Fault(name="smtp slow", acts=[(0.43, _mode("slow")), (0.48, _mode("well"))]),
        Fault(name="greylist", acts=[(0.49, _mode("greylist")), (0.54, _mode("well"))]),
        Fault(name="kill daemon", acts=[(0.57, Hands.restart)]),
        Fault(name="smtp cut", acts=[(0.6, _mode("cut")), (0.68, _mode("well"))]),
        Fault(name="dns", acts=[(0.62, _move_hosts)]),
        Fault(name="half config", acts=[(0.65, _half_written), (0.7, _written)]),
        Fault(
            name="network", acts=[(0.7, _network(is_away=True)), (0.76, _network(is_away=False))]
        ),
        Fault(name="commands", acts=[(0.5, _look_on)]),
        Fault(name="restart", acts=[(0.85, Hands.stop_in_order)]),
    )
    return {fault.name: fault for fault in faults}


LIGHT = ("kill crawl", "kill daemon", "smtp cut")


def choose(name: str) -> list[Fault]:
    """Return the faults of a name: ``none``, ``light``, ``all``, or names with commas between."""
    known = _make()
    if name == "none":
        return []
    if name == "all":
        return list(known.values())
    wanted = LIGHT if name == "light" else tuple(part.strip() for part in name.split(","))
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[one] for one in wanted]
