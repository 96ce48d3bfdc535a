"""Which part of a configuration a crawl process is sent, and when all of it."""

from pathlib import Path

from crawler.config.changes import apply_changes
from crawler.config.schema import Config
from scheduler.crawling.config_orders import ConfigOrders
from tests.conftest import make_config

RESEND_SECONDS = 10.0


def started(config: Config) -> ConfigOrders:
    orders = ConfigOrders(config, resend_seconds=RESEND_SECONDS)
    orders.begin(now=0)
    return orders


def edited(config: Config, *names: str) -> Config:
    return make_config(
        config.store.path.parent,
        sources=[{"name": name, "url": f"https://{name}.example/"} for name in names],
    )


def kind_of(order: dict[str, object] | None) -> tuple[str, object] | None:
    """Return what an order is, and the configuration it starts from."""
    if order is None:
        return None
    return ("changes", order["from"]) if "changes" in order else ("all", None)


def test_nothing_is_sent_to_a_process_that_uses_the_configuration(config: Config) -> None:
    orders = started(config)

    assert orders.next_order(1, now=1) is None


def test_a_difference_is_sent_once_and_then_all(config: Config) -> None:
    orders = started(config)
    orders.next_order(1, now=1)
    orders.replace(edited(config, "a"))

    sent = [kind_of(orders.next_order(1, now=now)) for now in (2, 3, 11, 13, 14, 24)]

    assert sent == [("changes", 1), None, None, ("all", None), None, ("all", None)]
    assert orders.next_order(2, now=25) is None


def test_changes_make_the_configuration_in_force(config: Config) -> None:
    orders, new = started(config), edited(config, "courier", "b")
    orders.replace(new)

    order = orders.next_order(1, now=2)

    assert order is not None
    assert apply_changes(config, order["changes"]) == new  # type: ignore[arg-type]


def test_a_second_edit_counts_from_what_is_in_use_by_then(config: Config) -> None:
    orders = started(config)
    orders.replace(edited(config, "a"))
    assert kind_of(orders.next_order(1, now=2)) == ("changes", 1)
    orders.replace(edited(config, "a", "b"))

    assert kind_of(orders.next_order(2, now=3)) == ("changes", 2)


def test_all_is_sent_where_what_is_in_use_is_not_known_any_more(config: Config) -> None:
    orders = started(config)
    for number, names in enumerate(("a", "ab"), start=2):
        orders.replace(edited(config, *names))
        assert kind_of(orders.next_order(1, now=number)) == ("changes", 1)

    # it took up the first edit only after the second was sent
    assert kind_of(orders.next_order(2, now=4)) == ("all", None)


def test_a_new_process_starts_with_all_and_an_edit_meanwhile_follows(config: Config) -> None:
    orders = started(config)
    orders.replace(edited(config, "a"))
    orders.next_order(1, now=2)

    orders.begin(now=3)
    orders.replace(edited(config, "a", "b"))

    assert kind_of(orders.next_order(2, now=4)) == ("changes", 2)


def test_an_edit_that_is_taken_back_is_sent_too(config: Config, tmp_path: Path) -> None:
    orders = started(config)
    orders.replace(edited(config, "a"))
    orders.next_order(1, now=2)
    orders.replace(make_config(tmp_path))

    order = orders.next_order(2, now=3)

    assert order is not None
    assert apply_changes(edited(config, "a"), order["changes"]) == config  # type: ignore[arg-type]
