"""``[archive]``: what is refused, each with a sentence that says what to write."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from crawler.config.upkeep.archive import ArchiveSettings


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ("s3://key:secret@bucket/pages", "an address holds no password"),
        ("s3://bucket/pages?versionId=1", "write the address without ? and #"),
        ("s4://bucket/pages", "nothing here knows the protocol s4://"),
        ("simplecache::s3://bucket", "write one address with its protocol"),
        ("gs://bucket/pages", "gs:// needs a package that is not installed"),
        ("", "write a folder"),
        ("a\nb", "write a folder"),
    ],
)
def test_a_wrong_place_is_refused_with_a_sentence(stated: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ArchiveSettings.model_validate({"to": stated})

    assert sentence in str(raised.value)
    assert "secret" not in str(raised.value.errors()[0]["msg"])


@pytest.mark.parametrize("stated", [{"after": "1h"}, {"retention": "0s"}])
def test_a_day_is_the_least_that_pages_stay(stated: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="at least 1d"):
        ArchiveSettings.model_validate(stated)


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("/var/pages", "/var/pages"),
        ("file:///var/pages", "/var/pages"),
        ("memory://pages/", "memory://pages"),
    ],
)
def test_a_place_is_written_in_one_way(stated: str, meant: str) -> None:
    assert ArchiveSettings.model_validate({"to": stated}).to == meant


def test_a_relative_folder_counts_from_the_configuration(tmp_path: Path) -> None:
    found = ArchiveSettings.model_validate({"to": "pages"}, context={"folder": tmp_path})

    assert found.to == str(tmp_path / "pages")
