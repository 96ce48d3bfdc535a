"""What `make pythons` says of versions that it could not try."""

import sys

from tests.installation.pythons import Outcome, explain_failure, make_report

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
PIP = """pip install -r requirements-dev.txt
ERROR: Could not find a version that satisfies the requirement pystemmer==3.1.0 (from versions: none)
ERROR: No matching distribution found for pystemmer==3.1.0
"""


def test_a_python_that_a_requirement_has_no_wheel_for_is_skipped_by_name() -> None:
    outcome = explain_failure("3.19", PIP)

    assert str(outcome) == "3.19  skipped: no wheel of pystemmer==3.1.0 for it"


def test_any_other_failed_installation_fails() -> None:
    outcome = explain_failure("3.19", "pip install\nERROR: No space left on device")

    assert outcome.failure.endswith("No space left on device")


def test_it_is_said_that_no_other_python_was_tried() -> None:
    passed = Outcome(version=OWN)
    skipped = Outcome(version="3.19", skipped="not on this machine, and there is no uv to bring it")
    other = Outcome(version="3.18")

    assert f"No Python other than {OWN} was tried" in make_report([passed, skipped])
    assert "3.19  skipped: not on this machine" in make_report([passed, skipped])
    assert "was tried" not in make_report([passed, skipped, other])
