"""Fixtures for tests that visit sites: crawl processes are forked from a loaded server, see ``tests/crawl_server``."""

import pytest


@pytest.fixture(autouse=True)
def fork_crawls(request: pytest.FixtureRequest) -> None:
    if not request.node.get_closest_marker("own_process"):
        request.getfixturevalue("forked_crawls")
