"""What a process of ours owns while it works: the database, the parse pool, the clock, and the rules in force."""

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.flows.process.dictionaries import Dictionaries
from crawler.flows.process.pool import ParsePool
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.storage.file.owners import Owner


class Services:
    """What a page needs on its way, handed from station to station.

    progress  counts what was done: answers, pages settled, sources read; while visits are open it must move
    """

    def __init__(self, config: Config, *, clock: Clock, owner: Owner) -> None:
        self.clock = clock
        self.writer = Writer(config.store.path, owner, clock=clock)
        self.pool = ParsePool(config.fetch, clock=clock)
        self.dictionaries = Dictionaries()
        self.rules = Rules(config=config)
        self.progress = 0
