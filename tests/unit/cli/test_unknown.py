"""An unknown name is answered with the nearest known one."""

import pytest

from watchword.cli.unknown import refuse_unknown


@pytest.mark.parametrize("kind", ["source", "watch"])
def test_the_nearest_name_is_offered(kind: str) -> None:
    error = refuse_unknown(kind, "drons", (name for name in ("drones", "ferries")))

    assert f'no {kind} is called "drons"' in error.message
    assert "drones" in error.message
