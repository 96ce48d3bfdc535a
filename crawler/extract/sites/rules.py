"""What can be said of one site."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """CSS selectors for a site; an empty one says nothing. What a source's ``select`` says counts more.

    title   the headline
    body    the element the body stands in; everything in it is taken, so prefer ``cut`` where that is enough
    byline  the element that names the author, and nobody else
    cut     elements that are never part of an article
    """

    title: str = ""
    body: str = ""
    byline: str = ""
    cut: str = ""

    def as_select(self) -> dict[str, str]:
        """Give what a source's ``select`` could say as well."""
        return {
            name: value for name, value in (("title", self.title), ("body", self.body)) if value
        }
