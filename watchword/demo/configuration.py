"""The configuration of the demo: an ordinary one, with the bundled newspaper as its sources."""

from pathlib import Path

from watchword.demo.newspaper import Newspaper
from watchword.machine_zone import find_machine_zone

_CONFIG = """\
# Written by `watchword demo`. Yours will look like this, with real sources.
timezone = "{zone}"

[fetch]
every = "3s"
min_every = "3s"
max_every = "1m"
per_domain = {{ concurrency = 4, delay = "0.02s" }}   # only for our own newspaper: be slower with other sites

[store]
path = "{database}"

[web]
url = "http://127.0.0.1:{web_port}/"

[mail]
from = "watchword@demo.example"
batch_window = "1s"            # for so long the finds of a first visit are gathered into one mail: ten minutes by default
{sources}
[[watch]]
name = "drones"
query = '(drone OR UAV) -racing'
to = ["you@example.org"]
"""

_SOURCE = """
[[source]]
name = "{name}"
url = "{url}"
kind = "{kind}"
every = "3s"
backfill = "7d"          # without this a first visit only marks what is there as seen, and alerts about nothing
allow_private = true     # without this, addresses of this machine are refused
"""


# for --watches: kinds of query that cost differently; none matches, as no page has words with these numbers
_OTHER_QUERIES = (
    "ship{0}",
    '"harbour vessel{0}"',
    "drone AND pilot{0}",
    "(harbour OR port) NEAR/5 crane{0}",
    "(ferry NOT ferry) OR title:lighthouse{0}*",
)


def write_config(folder: Path, newspaper: Newspaper, watch_count: int, *, web_port: int) -> Path:
    """Write the demo's configuration into a folder; return the file.

    watch_count  how many watches; all but the first match nothing
    web_port     the port of the web pages
    """
    sources = "".join(
        _SOURCE.format(
            name=outlet.name.lower().replace(" ", "-"),
            # one by its home page, the other by its feed, so that the demo shows both kinds of endpoint
            url=outlet.home_url if number == 0 else outlet.feed_url,
            kind="auto" if number == 0 else "feed",
        )
        for number, outlet in enumerate(newspaper.outlets)
    )
    config = folder / "watchword.toml"
    config.write_text(
        _CONFIG.format(
            zone=find_machine_zone(),
            database=folder / "watchword.db",
            sources=sources,
            web_port=web_port,
        )
        + "".join(map(_write_other_watch, range(1, watch_count))),
        encoding="utf-8",
    )
    return config


def _write_other_watch(number: int) -> str:
    """Return a watch, as TOML, that is tried on every article and alerts nobody."""
    query = _OTHER_QUERIES[number % len(_OTHER_QUERIES)].format(number)
    return f'\n[[watch]]\nname = "other {number}"\nquery = \'{query}\'\nalert = "none"\n'
