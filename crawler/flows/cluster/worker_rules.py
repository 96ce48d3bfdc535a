"""What workers need of the rules in force, for the home to publish."""

from dataclasses import replace

from crawler.flows.cluster.wire import WorkerRules
from crawler.flows.process.private_hosts import list_private_hosts
from crawler.flows.process.rules import Rules
from crawler.matching.languages.dictionaries import sample_scripts
from crawler.model.watch import Watch


def make_worker_rules(rules: Rules, languages: tuple[str, ...]) -> WorkerRules:
    """Return what workers need of rules."""
    config = rules.config
    kept = {"page_retention", "page_size"}
    return WorkerRules(
        fetch=config.fetch.model_dump(mode="json", exclude={"proxy", "no_proxy", "browser"}),
        store=config.store.model_dump(mode="json", include=kept),
        watches=tuple(map(_without_recipients, rules.index.list_watches())),
        languages=languages,
        scripts=sample_scripts(" ".join(rules.watch_words)),
        words=rules.watch_words,
        private_hosts=list_private_hosts(config),
    )


def _without_recipients(watch: Watch) -> Watch:
    """Return a watch as far as matching needs it."""
    return replace(watch, recipients=(), digest="", group="", mute_until=None)
