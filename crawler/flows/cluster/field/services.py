"""The services of a worker on another machine: no database, rules that the home published, secrets of its own."""

from dataclasses import replace
from urllib.parse import urlsplit

from crawler.clock import Clock, utc_now
from crawler.config.files.secrets import read_source_password
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, SetAside
from crawler.flows.cluster.field.notebook import FieldNotebook
from crawler.flows.cluster.wire import WorkerRules, watches_version
from crawler.flows.crawl.throttle import SiteLimits
from crawler.flows.crawl.visit_services import VisitServices
from crawler.flows.process.parse_pool.server import Spawned
from crawler.flows.process.parse_pool.watches import WatchSet
from crawler.flows.process.private_hosts import (
    allow_private_hosts,
    list_private_hosts,
    may_be_private,
)
from crawler.flows.process.rules import Rules
from crawler.model.source import Source
from crawler.storage.crawl.sources import write_headers
from crawler.text.web.proxies import NO_PROXY, read_proxy
from crawler.text.web.urls import origin_of


class SecretMissing(SetAside):
    """A source needs a secret that this worker does not have; the text says what to do."""


class FieldServices(VisitServices):
    """Services of a worker.

    config  the worker's own: its proxy, browser and certificates, and sources with their secrets
    allow_private  sources may be on private addresses of the worker's network, if home allows it too
    """

    notebook: FieldNotebook

    def __init__(
        self,
        config: Config,
        *,
        name: str,
        allow_private: bool = False,
        clock: Clock = utc_now,
        spawned: Spawned | None = None,
    ) -> None:
        super().__init__(config, clock=clock, spawned=spawned)
        self._own = config
        self._name = name
        self._allow_private = allow_private
        self._rules_key = ""
        self.notebook = FieldNotebook(clock, lambda: self.rules)
        self.site_limits = SiteLimits(self.notebook, clock)

    def has_rules(self, key: str) -> bool:
        """Return whether the rules of a key are in force."""
        return self._rules_key == key

    def use_rules(self, key: str, sent: WorkerRules) -> None:
        """Put rules of the home in force; bundles under way finish under the old or the new ones."""
        config = read_rules_config(self._own, sent)
        self.rules = Rules(config=config, version=watches_version(key))
        self.site_limits.agent = config.fetch.agent_name
        self.dictionaries.expect_words(sent.words)
        self.pool.use_watches(
            WatchSet(self.rules.version, sent.watches, sent.languages, sent.scripts)
        )
        # not only those of its sources: a page may lie on the host of another one, which another worker may have
        own = list_private_hosts(self._own)
        hosts = [host for host in sent.private_hosts if self._allow_private or host in own]
        allow_private_hosts(self._own, hosts=hosts)
        self._rules_key = key

    def complete(self, source: Source, secrets: tuple[str, ...]) -> Source:
        """Return a source with the secrets that this worker has for it.

        secrets  the settings that it has at home
        raises   SecretMissing if this worker lacks one
        """
        own = self._own.source_named(source.name)
        if own is not None and origin_of(own.url) != origin_of(source.url):
            own = None  # a secret is for one site
        # what has left the home's configuration since the bundle was handed out is private again
        is_private = may_be_private(urlsplit(source.url).hostname or "")
        source = replace(source, allow_private=source.allow_private and is_private)
        if not secrets:
            return source
        lacking = [name for name in secrets if own is None or not getattr(own, name, None)]
        if own is None or lacking:
            raise SecretMissing(self._explain(source, lacking or list(secrets)))
        try:
            headers = write_headers(own, read_source_password(own))
        except ConfigFaulty as faulty:
            reason = str(faulty.faults[0])
            raise SecretMissing(f'the worker "{self._name}" cannot read it: {reason}') from faulty
        return replace(
            source,
            headers=headers,
            proxy=read_proxy(own.proxy),
            is_direct=own.proxy == NO_PROXY,
        )

    def _explain(self, source: Source, lacking: list[str]) -> str:
        names = ", ".join(f"`{name}`" for name in lacking)
        return (
            f'the worker "{self._name}" has no {names} for this source; add a [[source]] with the name "{source.name}", its '
            f"url and {names} to the worker's own configuration: secrets are not sent"
        )

    def close(self) -> None:
        """Stop the pool."""
        self.pool.close()
        self.dictionaries.close()


def read_rules_config(own: Config, sent: WorkerRules) -> Config:
    """Return the configuration a worker visits by: the home's rules, with its own way into the network."""
    mine = own.fetch.model_dump(mode="json", include={"proxy", "no_proxy", "browser"})
    return Config.model_validate(
        {
            "fetch": {**sent.fetch, **mine},
            "store": sent.store,
            "tls": own.tls.model_dump(mode="json"),
        }
    )
