"""The services a process owns while it works: parse pool, clock, dictionaries, the rules in force, and the notebook."""

from collections.abc import Callable

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.flows.process.dictionaries import Dictionaries
from crawler.flows.process.notebook import Notebook
from crawler.flows.process.parse_pool.server import Spawned
from crawler.flows.process.pool import ParsePool
from crawler.flows.process.rules import Rules


class Services:
    """The services a page needs on its way, passed from flow to flow.

    notebook  what visits say and ask; a subclass opens it
    progress  counts answers, pages settled and sources read. While visits are open it must grow: beats alone went on when
              nothing was read any more
    on_stored  called after each article that was stored: its alerts may be due
    """

    notebook: Notebook

    def __init__(self, config: Config, *, clock: Clock, spawned: Spawned | None = None) -> None:
        self.clock = clock
        self.pool = ParsePool(config.fetch, clock=clock, spawned=spawned)
        self.dictionaries = Dictionaries()
        self.rules = Rules(config=config)
        self.progress = 0
        self.on_stored: Callable[[], None] = lambda: None
