"""The programs a week can run with: their requirements, the script that drives each, and the sources it can read."""

from dataclasses import dataclass
from pathlib import Path

from bench.environments import prepare_environment
from bench.week.world.sites import Site

CACHE = Path("build/week-envs")
_PARSER, _READER, _CLEANER = "feedparser==6.0.14", "trafilatura==2.3.1", "lxml_html_clean==0.4.6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program other than ours.

    module        the module that drives it, run in its own environment
    arguments     of the module, after the job's file
    requirements  what is installed there
    reads         the kinds of endpoints it can read
    """

    name: str
    module: str
    requirements: tuple[str, ...]
    reads: frozenset[str]
    arguments: tuple[str, ...] = ()

    def find_interpreter(self) -> Path:
        """Return the interpreter of its environment, which is made first if it does not exist yet."""
        name = self.name.partition("-")[0]
        return prepare_environment(name, self.requirements, CACHE)


_FEEDS = frozenset({"feed"})
_ALL = frozenset({"feed", "sitemap", "section", "page"})
_RSS2EMAIL = ("rss2email==3.14", _PARSER, _READER, _CLEANER)
# its own copy of feedparser needs sgmllib, which feedparser no longer installs
_LEMON_READER = ("reader==3.26", "sgmllib3k==1.0.0", "requests==2.34.2", _READER, _CLEANER)
PROGRAMS = {
    one.name: one
    for one in (
        Program(
            name="afternoon",
            module="bench.week.programs.readers.afternoon",
            requirements=("Scrapy==2.19.0", _PARSER, _READER, _CLEANER),
            reads=_ALL,
        ),
        Program(
            name="rss2email",
            module="bench.week.programs.readers.rss_to_email",
            requirements=_RSS2EMAIL,
            reads=_FEEDS,
        ),
        Program(
            name="rss2email-pages",
            module="bench.week.programs.readers.rss_to_email",
            requirements=_RSS2EMAIL,
            reads=_FEEDS,
            arguments=("pages",),
        ),
        Program(
            name="reader",
            module="bench.week.programs.readers.lemon_reader",
            requirements=_LEMON_READER,
            reads=_FEEDS,
        ),
        Program(
            name="reader-pages",
            module="bench.week.programs.readers.lemon_reader",
            requirements=_LEMON_READER,
            reads=_FEEDS,
            arguments=("pages",),
        ),
        Program(
            name="changedetection",
            module="bench.week.programs.readers.page_watcher",
            requirements=("changedetection.io==0.60.10",),
            reads=_ALL,
        ),
    )
}


def list_sources(program: Program, sites: list[Site]) -> list[dict[str, object]]:
    """Return the sources a program can read, as a person would list them: for a home page, the feed it names."""
    found = list[dict[str, object]]()
    for site in sites:
        is_home = site.kind.endpoint == "auto"
        kind = "feed" if is_home else site.kind.endpoint
        if kind in program.reads:
            found.append(
                {
                    "name": site.name,
                    "kind": kind,
                    "url": f"{site.url}/rss" if is_home else site.source_url,
                    "language": site.language,
                    "tags": list(site.tags),
                }
            )
    return found
