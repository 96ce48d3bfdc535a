"""The reason of an error: one line, and no half of a secret where it was cut."""

import pytest

from crawler.errors import reason_of


@pytest.mark.parametrize("room", range(150, 230, 7))
def test_a_secret_at_the_end_of_a_reason_is_masked_before_it_is_cut(room: int) -> None:
    error = ValueError(f"{'x' * room} http://ada:hunter2hunter2@h.example/?token=hunter2hunter2")

    reason = reason_of(error)

    assert "hunt" not in reason
    assert len(reason) <= 200
