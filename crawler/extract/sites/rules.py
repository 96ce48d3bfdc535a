"""The record that holds the rules of one site."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """CSS selectors for the pages of a site; an empty one selects nothing. A source's ``select`` wins over them.

    title   the headline
    body    the element of the body; all its text is taken, so prefer ``cut`` if that is enough
    byline  the element that names the author, and nobody else
    cut     elements that are never part of an article
    """

    title: str = ""
    body: str = ""
    byline: str = ""
    cut: str = ""

    def as_select(self) -> dict[str, str]:
        """Return the selectors that a source's ``select`` can set as well, by name; empty ones are left out."""
        return {
            name: value for name, value in (("title", self.title), ("body", self.body)) if value
        }
