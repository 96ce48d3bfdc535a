"""What every test of home and workers needs."""

from collections.abc import Iterator

import pytest

from tests.flows.cluster.through_the_wire import close_wires


@pytest.fixture(autouse=True)
def closing_wires() -> Iterator[None]:
    yield
    close_wires()
