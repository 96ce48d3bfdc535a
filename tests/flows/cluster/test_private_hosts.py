"""Which private hosts a worker asks: those that its home allows now, if it may itself, and its own proxies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.cluster.field.services import FieldServices
from crawler.flows.cluster.wire import WorkerRules
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.flows.process.private_hosts import allow_private_hosts, is_proxy, may_be_private
from crawler.flows.process.rules import Rules
from tests.conftest import make_config
from tests.flows.cluster.test_handing_out import source
from tests.flows.cluster.through_the_wire import make_wire, sources_of


@pytest.fixture(autouse=True)
def _no_hosts() -> Iterator[None]:
    yield
    allow_private_hosts(Config())


def rules_of(config: Config) -> WorkerRules:
    return make_worker_rules(Rules(config=config), ())


def test_a_host_that_home_allows_no_more_is_private_for_running_workers_too(tmp_path: Path) -> None:
    wire = make_wire(tmp_path, source("a", "10.1.2.3", allow_private=True))
    worker = FieldServices(Config(), name="w1", allow_private=True)
    [bundle] = wire.hand_out()
    (task,) = sources_of([bundle])

    worker.use_rules("1", rules_of(wire.rules.config))
    before = may_be_private("10.1.2.3"), worker.complete(task.source, ()).allow_private
    worker.use_rules("2", rules_of(make_config(tmp_path, sources=(source("a", "10.1.2.3"),))))
    after = may_be_private("10.1.2.3"), worker.complete(task.source, ()).allow_private
    worker.close()

    assert before == (True, True)
    assert after == (False, False)


@pytest.mark.parametrize("is_stated", [False, True])
def test_a_worker_that_may_not_asks_only_what_its_own_sources_allow(
    tmp_path: Path, *, is_stated: bool
) -> None:
    both = (
        source("a", "10.1.2.3", allow_private=True),
        source("b", "10.9.9.9", allow_private=True),
    )
    config = make_config(tmp_path, sources=both)
    own = config.model_copy(update={"sources": both[:1] if is_stated else ()})
    worker = FieldServices(own, name="w1")

    worker.use_rules("1", rules_of(config))
    worker.close()

    assert (may_be_private("10.1.2.3"), may_be_private("10.9.9.9")) == (is_stated, False)


def test_a_workers_own_proxies_may_be_private_and_the_homes_may_not(tmp_path: Path) -> None:
    homes = make_config(tmp_path, fetch={"proxy": "http://10.0.0.1:3128"})
    own = make_config(tmp_path, fetch={"proxy": "http://10.0.0.2:3128"})
    worker = FieldServices(own, name="w1")

    worker.use_rules("1", rules_of(homes))
    worker.close()

    assert (is_proxy("10.0.0.1"), is_proxy("10.0.0.2")) == (False, True)
