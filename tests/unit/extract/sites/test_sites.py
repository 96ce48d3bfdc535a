"""Each site with its own rules has a specimen page and the expected result."""

import json
import pkgutil
from pathlib import Path

import pytest

from crawler.extract import sites
from crawler.extract.sites import find_rules, module_name
from crawler.extract.sites.rules import SiteRules
from crawler.text.web.urls import registrable_domain
from tests.unit.extract.test_article import understand

SPECIMENS = Path(__file__).parent / "specimens"
MODULES = sorted(m.name for m in pkgutil.iter_modules(sites.__path__) if m.name != "rules")


@pytest.mark.parametrize("module", MODULES)
def test_a_site_with_rules_is_understood_as_expected(module: str) -> None:
    expected = json.loads((SPECIMENS / f"{module}.json").read_text(encoding="utf-8"))

    article = understand((SPECIMENS / f"{module}.html").read_bytes(), url=expected["url"])

    assert module_name(registrable_domain(expected["url"])) == module
    assert article.headline == expected["headline"]
    assert article.byline is not None
    assert list(article.byline.names) == expected["names"]
    assert article.body.startswith(expected["first"])
    assert article.body.endswith(expected["last"])


def test_a_site_without_rules_has_empty_ones() -> None:
    assert find_rules("https://www.example.org/a") == SiteRules()
    assert find_rules("https://rules/a") == SiteRules()
    assert find_rules("not an address") == SiteRules()
