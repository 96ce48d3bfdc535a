"""The news desk: what every flow of the crawl process needs, opened and closed together."""

from crawler.clock import Clock, utc_now
from crawler.config.schema import Config
from crawler.flows.configure import apply_config
from crawler.flows.courtesy import Courtesy
from crawler.flows.key_index import open_key_index
from crawler.flows.pool import ParsePool
from crawler.flows.private_hosts import allow_private_hosts
from crawler.flows.rules import Rules, load_rules
from crawler.flows.writer import Writer
from crawler.storage.schema import migrate


class Desk:
    """Database, parse pool, clock, and the rules in force."""

    def __init__(self, config: Config, *, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.writer = Writer(config.store.path)
        self.pool = ParsePool(config.fetch)
        self.courtesy = Courtesy(self.writer, clock)
        self.rules = Rules(config=config)

    async def open(self) -> None:
        """Bring the database up to date and put the configuration in force; call once, first."""
        await self.writer.run(migrate)
        await self.writer.run(open_key_index)
        await self.use_config(self.rules.config)
        await self.courtesy.open()

    async def use_config(self, config: Config) -> None:
        """Put a configuration in force; pages under way finish under whichever they meet."""
        await self.writer.run(apply_config, config, now=self.clock())
        self.rules = await self.writer.run(load_rules, config, earlier=self.rules)
        self.courtesy.agent = config.fetch.agent_name
        allow_private_hosts(config)

    def close(self) -> None:
        """Stop the pool and close the file."""
        self.pool.close()
        self.writer.close()
