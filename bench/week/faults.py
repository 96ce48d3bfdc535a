"""What goes wrong during a week, each at its moment and put right again a little later."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
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
        self.week.start()
        self.is_down = False

    def stop_in_order(self) -> None:
        """Stop the daemon as an administrator does, and start it again."""
        self.is_down = True
        self.week.running.stop()
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


def _make() -> dict[str, Fault]:
    faults = (
        Fault(name="kill crawl", acts=[(0.2, lambda h: h.kill("crawl process"))]),
        Fault(name="kill parser", acts=[(0.3, lambda h: h.kill("parse worker"))]),
        Fault(name="kill daemon", acts=[(0.55, Hands.restart)]),
        Fault(name="restart", acts=[(0.75, Hands.stop_in_order)]),
        Fault(name="smtp down", acts=[(0.4, _mode("down")), (0.48, _mode("well"))]),
        Fault(name="smtp cut", acts=[(0.6, _mode("cut")), (0.7, _mode("well"))]),
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
