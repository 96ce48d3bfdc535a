"""Language tags, read in one way for pages, feeds and home pages."""

import pytest

from crawler.text.languages.language_tags import find_code


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        (" EN-gb ", "en"),
        ("pt_BR", "pt"),
        ("zh-Hans-CN", "zh"),
        ("fil", None),
        ("x-default", None),
        ("", None),
        ("english", None),
        ("дe", None),
    ],
)
def test_the_language_of_a_tag_is_read(tag: str, code: str | None) -> None:
    assert find_code(tag) == code
