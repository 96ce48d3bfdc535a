"""What the forms of web pages accept."""

from collections.abc import Callable

import pytest

from watchword.web.forms.writes import _FORMS, _Incomplete

_LONG = "9" * 40


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("mute", {"watch": "drones", "story": _LONG}),
        ("unmute", {"watch": "drones", "mute": _LONG}),
        ("split", {"story": _LONG, "articles": "1"}),
        ("split", {"story": "1", "articles": _LONG}),
        ("reject", {"alerts": ""}),
    ],
)
def test_a_number_that_no_row_has_asks_for_nothing(kind: str, form: dict[str, str]) -> None:
    read: Callable[[dict[str, str]], object] = _FORMS[kind]

    with pytest.raises(_Incomplete):
        read(form)
