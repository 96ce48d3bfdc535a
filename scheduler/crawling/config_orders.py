"""What a crawl process is sent when the configuration changed: the difference to what it uses, or all of it.

A difference counts from the configuration whose number the last beat showed, and the crawl process refuses it if it uses
another one by then. One that is not taken up is followed by the whole configuration, so a lost one costs time and no more.
"""

from crawler.config.changes import list_changes
from crawler.config.schema import Config

Order = dict[str, object]


class ConfigOrders:
    """The configuration in force, its number, and what was sent of it.

    resend_seconds  how long a crawl process has to take up what it was sent
    """

    def __init__(self, config: Config, *, resend_seconds: float) -> None:
        self.config, self.number = config, 1
        self._resend_seconds = resend_seconds
        self._in_use: tuple[int, Config] | None = None
        # the number that was sent, and the one it is the difference to; None for all of it
        self._sent: tuple[int, int | None] = (0, None)
        self._sent_config = config
        self._sent_at = 0.0

    def replace(self, config: Config) -> None:
        """Replace the configuration; it has the next number."""
        self.config = config
        self.number += 1

    def begin(self, *, now: float) -> None:
        """Note that a new crawl process is started with the whole configuration."""
        self._in_use = None
        self._note(None, now)

    def next_order(self, used: int, *, now: float) -> Order | None:
        """Return what to send to a crawl process that uses the configuration with this number; None for nothing."""
        if self._in_use is None or self._in_use[0] != used:
            self._in_use = (used, self._sent_config) if used == self._sent[0] else None
        if used == self.number:
            return None
        is_sent = self._sent in {(self.number, used), (self.number, None)}
        if is_sent and now - self._sent_at < self._resend_seconds:
            return None
        if self._in_use is None or is_sent:
            self._note(None, now)
            return {"config": self.config.for_crawl_process(), "number": self.number}
        changes = list_changes(self._in_use[1], self.config)
        self._note(used, now)
        return {"changes": changes, "from": used, "number": self.number}

    def _note(self, base: int | None, now: float) -> None:
        self._sent, self._sent_at = (self.number, base), now
        self._sent_config = self.config
