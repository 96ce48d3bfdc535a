from pathlib import Path

import pytest

from crawler.errors import AlreadyRunning
from crawler.storage.instance_lock import InstanceLock, is_held


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    with InstanceLock(database):
        assert is_held(database)
        with pytest.raises(AlreadyRunning, match=r"process \d+ on .*running since"):
            InstanceLock(database).__enter__()
    assert not is_held(database)
