"""The record of one site's rules."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """CSS selectors for a site; an empty one does nothing. A source's ``select`` wins over them.

    title   the headline
    body    the element of the body; everything in it is taken, so prefer ``cut`` if that is enough
    byline  the element that names the author, and nobody else
    cut     elements that are never part of an article
    """

    title: str = ""
    body: str = ""
    byline: str = ""
    cut: str = ""

    def as_select(self) -> dict[str, str]:
        """Return the rules that a source's ``select`` can also set."""
        return {
            name: value for name, value in (("title", self.title), ("body", self.body)) if value
        }
