"""Rules for single sites on which the general ones fail, one module for each registrable domain; see docs/guides/misread-site.md."""

import pkgutil
from functools import lru_cache
from importlib import import_module

from crawler.extract.sites.rules import SiteRules
from crawler.text.web.urls import registrable_domain

_KNOWN = frozenset(module.name for module in pkgutil.iter_modules(__path__))
_NO_RULES = SiteRules()


def find_rules(url: str) -> SiteRules:
    """Return the rules of the site of an address; empty ones if there are none.

    raises  TypeError if the site's module does not set ``RULES``, which its specimen's test finds
    """
    return _load(module_name(registrable_domain(url)))


def module_name(domain: str) -> str:
    """Return the name of a domain's module: ``dw_com`` for ``dw.com``, ``my__paper_org`` for ``my-paper.org``."""
    return domain.replace("-", "__").replace(".", "_")


@lru_cache
def _load(name: str) -> SiteRules:
    if name not in _KNOWN or name == "rules":
        return _NO_RULES
    rules = import_module(f"{__name__}.{name}").RULES
    if not isinstance(rules, SiteRules):
        raise TypeError(f"crawler/extract/sites/{name}.py must set RULES to a SiteRules")
    return rules
