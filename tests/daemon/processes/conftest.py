"""The scene of tests that end processes."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemon.processes.scene import Scene
from tests.fakes import FakeSite


@pytest.fixture
def scene(tmp_path: Path, site: FakeSite) -> Iterator[Scene]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = Scene(tmp_path, site, server)
        yield found
        found.is_over.set()
