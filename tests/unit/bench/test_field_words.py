from pathlib import Path

import pytest

from bench.field_words import copy_in_present_words
from tests import fakes

CASE = """ask("select count(*) n from runs where finished_at is not null")
states == "owed" or state == 'owed'; kinds.get("receipt"); runs = "from the runs of others"
"Reading room" in said; "/-/letter/" in link
"""


def test_a_case_uses_the_present_names_of_tables_and_states(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    (cases / "01-one").mkdir(parents=True)
    (cases / "01-one" / "scenario.py").write_text(CASE)
    (cases / "01-one" / "feed.xml").write_text("<title>from runs</title>")
    cases.chmod(0o555)

    copy = copy_in_present_words(cases, tmp_path / "copy")

    text = (copy / "01-one" / "scenario.py").read_text()
    assert "from visits where" in text
    assert "states == \"pending\" or state == 'pending'" in text
    assert 'kinds.get("status_report"); runs = "from the runs of others"' in text
    assert (copy / "01-one" / "feed.xml").read_text() == "<title>from runs</title>"


@pytest.mark.parametrize("name", ["FakeSite", "Reply", "free_port", "read_part"])
def test_what_the_scenarios_of_alerts_import_is_there(name: str) -> None:
    # none of them ran while one of these had moved
    assert callable(getattr(fakes, name))
