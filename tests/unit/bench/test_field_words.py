from pathlib import Path

from bench.field_words import copy_in_present_words

CASE = """ask("select count(*) n from runs where finished_at is not null")
states == "owed" or state == 'owed'; kinds.get("receipt"); runs = "from the runs of others"
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
