"""The programs beside Watchword: the module that runs each, and what is installed for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program other than ours.

    module        what runs it
    arguments     of the module, before the folder
    requirements  of its own environment; without any it runs in that of the bench
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


_FOLDER = "bench.endtoend.programs"
_CLEANER = "lxml_html_clean==0.4.6"
BARE = Program(name="bare Scrapy", module=f"{_FOLDER}.spiders", arguments=("bare",))
PROGRAMS = (
    BARE,
    Program(name="afternoon script", module=f"{_FOLDER}.spiders", arguments=("afternoon",)),
    Program(
        name="newspaper4k 0.9.6",
        module=f"{_FOLDER}.newspaper_threads",
        requirements=(
            "newspaper4k[all]==0.9.6",
            _CLEANER,
            "feedparser==6.0.14",
            "requests==2.34.2",
        ),
    ),
    Program(
        name="news-please 1.6.16",
        module=f"{_FOLDER}.news_please",
        requirements=(
            "news-please==1.6.16",
            "newspaper4k[all]==0.9.6",
            "feedparser==6.0.14",
            "requests==2.34.2",
        ),
    ),
    Program(
        name="fundus 0.5.7",
        module=f"{_FOLDER}.fundus_threads",
        # it imports a function that later releases of curl_cffi do not have
        requirements=("fundus==0.5.7", "curl_cffi==0.13.0"),
    ),
)
