"""The newsroom of a site: it writes articles from a random generator of its own, so that a single one can be replayed.

Nothing here depends on other sites or on when the daemon came: the same seed and site have the same articles in the same order.
"""

import itertools
import random
from dataclasses import replace

from bench.week.world.facts import Fact
from bench.week.world.sites import Site
from bench.week.world.texts.atoms import ATOMS
from bench.week.world.texts.texts import Author, Paragraph, Text

# shares of stories: more say a watched word than in real news, so that three minutes judge much
_SAYING_SHARE = 0.55
_IN_HEADLINE_SHARE = 0.3
_NEAR_MISS_SHARE = 0.3
_LIVE_SAYING_SHARE = 0.6
# how a reprint differs from what the agency sent
WAYS_TO_COPY = ("whole", "whole", "cut", "edited", "retitled", "translated")
_OTHER_LANGUAGES = ("de", "fr", "es", "it", "ru", "tr")
WAYS_TO_EDIT = ("same", "other", "silent", "headline")


class Newsroom:
    """Writes the articles of one site."""

    def __init__(self, site: Site, number: int, *, seed: int) -> None:
        self.rng = random.Random(f"{seed} {site.name}")
        self._author = Author(f"{seed} {site.name}")
        self._site = site
        self._seed = seed
        self._number = number
        self._count = itertools.count(1)
        self._own = [atom for atom in ATOMS.values() if atom.language == site.language]

    def next_token(self) -> str:
        """Return the token of the next article."""
        return f"f{self._number:03d}{next(self._count):03d}q"

    def write(self) -> Text:
        """Return the next article, in the form of this kind of site."""
        site, rng = self._site, self.rng
        if "flash" in site.quirks:
            return self._author.write_flash(rng.choice(self._own).name)
        if site.kind.form == "page":
            return self._author.write(site.language, paragraph_count=8)
        says, title = list[str](), tuple[str, ...]()
        if rng.random() < _SAYING_SHARE:
            count = min(len(self._own), rng.choice((1, 1, 2)))
            says = [atom.name for atom in rng.sample(self._own, count)]
            if rng.random() < _IN_HEADLINE_SHARE:
                title = (says[0],)
        can_miss = [atom.name for atom in self._own if atom.near_misses]
        is_near = bool(can_miss) and rng.random() < _NEAR_MISS_SHARE
        misses = [rng.choice(can_miss)] if is_near else []
        if "paywall" in site.quirks:
            return hide(self._author.write(site.language, says, headline_says=title), 1)
        if "headline alone" in site.quirks:
            return hide(self._author.write(site.language, headline_says=says), 0)
        if "app page" in site.quirks:
            post = self._author.write(site.language, says, near_misses=misses, paragraph_count=3)
            return replace(post, headline="")
        return self._author.write(site.language, says, headline_says=title, near_misses=misses)

    def close(self, text: Text) -> Text:
        """Return an article that nobody may read: its headline and text count as having no watched words."""
        headline = self._author.title(text.language, ())
        return hide(replace(text, headline=headline, headline_says=()), 0)

    def write_sidebar(self) -> tuple[str, ...]:
        """Return headlines that say everything watched, for menus and comments."""
        return tuple(self._author.title(atom.language, (atom.name,)) for atom in self._own)

    def copy(self, text: Text, how: str) -> Text:
        """Return an agency's text as this paper prints it: one of ``WAYS_TO_COPY``."""
        if how == "cut":
            return self._author.cut(text)
        if how == "edited":
            return self._author.edit(text)
        if how == "translated":
            return self._author.translate(text, self.rng.choice(_OTHER_LANGUAGES))
        return self._author.retitle(text) if how == "retitled" else text

    def revise(self, fact: Fact, how: str) -> Text:
        """Return an article's next state: one of ``WAYS_TO_EDIT``, or ``live``."""
        name = f"{self._seed} {fact.token} {len(fact.states)}"
        rng, author, text = random.Random(name), Author(name), fact.text
        named = sorted(text.counts)
        unsaid = sorted({atom.name for atom in self._own} - set(named))
        says_again = how == "same" or (how == "live" and rng.random() < _LIVE_SAYING_SHARE)
        if says_again and named:
            return author.add(text, [rng.choice(named)])
        if how == "other" and unsaid:
            return author.add(text, [rng.choice(unsaid)])
        if how == "headline":
            return replace(text, headline=author.title(fact.language, text.headline_says))
        return author.add(text, [])

    def add_line(self, fact: Fact) -> Text:
        """Return a watched page with one more line at its top."""
        name = f"{self._seed} {fact.token} {len(fact.states)}"
        rng, author = random.Random(name), Author(name)
        is_saying = rng.random() < _SAYING_SHARE
        plain = Paragraph(text=author.fill(fact.language, 2, 9))
        line = author.say(rng.choice(self._own).name) if is_saying else plain
        return replace(fact.text, paragraphs=(line, *fact.text.paragraphs))


def hide(text: Text, shown: int) -> Text:
    """Return a text of which only the first paragraphs can be read; the others are in the page and count for nothing."""
    hidden = tuple(
        one if number < shown else replace(one, says=())
        for number, one in enumerate(text.paragraphs)
    )
    return replace(text, paragraphs=hidden)
