"""Two newspapers and three recipients, in which the files of earlier schemas were made, and in which today's daemon opens them.

The sources have names of hosts and are read through a proxy on loopback, so that addresses stay what they were.
"""

import lzma
from pathlib import Path

from tests.fakes import FakeMailbox, FakeSite, Reply, article_page, rss

FILES = Path(__file__).resolve().parent / "files"
# the schemas of which a file is kept; `python -m tests.storage.upgrade.make` made them
NUMBERS = (1, 2, 3, 4)
COURIER = "http://courier.example.org"
GAZETTE = "http://gazette.example.org"
# a message to this one is taken, of this one put off, of this one refused for good
TAKEN, PUT_OFF, REFUSED = "me@example.org", "later@example.org", "nobody@example.org"

_FERRY = (
    "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late.",
    "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light.",
    "The harbour master wrote both reports into his book and asked the council for a better lamp on the northern pier.",
)
_LIGHTHOUSE = (
    "In the evening a swarm of drones circled the lighthouse until the keeper switched off its lamp for a quarter of an hour.",
    "Nobody was hurt, said the harbour master, who means to ask the council for a net large enough to cover the tower.",
)
_MARKET = (
    "The market on the old square opens an hour earlier from Monday on, as the bakers and the fishermen had asked in spring.",
    "Whoever has a stall pays two crowns less in winter; the council wants to look at the prices again when the year is over.",
)
_NETS = (
    "On Sunday a fisherman pulled three drones out of his nets and carried them to the town hall in a basket of mackerel.",
    "The mayor put them on the table of the council, where they lay in a puddle until the meeting had come to its end.",
)


def put_papers(site: FakeSite) -> None:
    """Put both newspapers onto a site that plays a proxy: four articles, two of them with one text."""
    _put(site, f"{COURIER}/ferry", "Ferry Leaves Late", *_FERRY)
    _put(site, f"{COURIER}/market", "Market Opens Earlier", *_MARKET)
    _put(site, f"{GAZETTE}/late-ferry", "Late Ferry, Two Drones", *_FERRY)
    _put(site, f"{GAZETTE}/lighthouse", "Lighthouse Goes Dark", *_LIGHTHOUSE)
    _put_feed(site, COURIER, "ferry", "market")
    _put_feed(site, GAZETTE, "late-ferry", "lighthouse")


def put_news(site: FakeSite) -> None:
    """Add an article that no file knows."""
    _put(site, f"{COURIER}/nets", "Drones in the Nets", *_NETS)
    _put_feed(site, COURIER, "nets", "ferry", "market")


def write_config(folder: Path, *, site: FakeSite, mailbox: FakeMailbox) -> Path:
    """Write the configuration of both newspapers; return its path. The database is ``watchword.db`` beside it."""
    path = folder / "watchword.toml"
    path.write_text(f"""
[store]
path = "watchword.db"
[fetch]
proxy = "{site.url}"
min_every = "1s"
per_domain = {{ concurrency = 4, delay = "0s" }}
[mail]
host = "127.0.0.1"
port = {mailbox.port}
tls = "none"
to = ["{TAKEN}"]
batch_window = "0s"
[[source]]
name = "courier"
url = "{COURIER}/rss"
kind = "feed"
every = "1s"
backfill = "3650d"
[[source]]
name = "gazette"
url = "{GAZETTE}/rss"
kind = "feed"
every = "1s"
backfill = "3650d"
[[watch]]
name = "drones"
query = "drone"
to = ["{TAKEN}", "{PUT_OFF}", "{REFUSED}"]
[[watch]]
name = "market"
query = "market OR council"
alert = "digest"
digest = "sun 03:33"
""")
    return path


def unpack(number: int, folder: Path) -> Path:
    """Put the file of a schema into a folder, with the key that signs its links; return the database's path."""
    path = folder / "watchword.db"
    path.write_bytes(lzma.decompress((FILES / f"schema{number}.db.xz").read_bytes()))
    key = Path(f"{path}.key")
    key.write_bytes((FILES / f"schema{number}.key").read_bytes())
    for file in (path, key):
        file.chmod(0o600)
    return path


def _put(site: FakeSite, address: str, headline: str, *paragraphs: str) -> None:
    site.pages[address] = Reply(article_page(headline, *paragraphs))


def _put_feed(site: FakeSite, paper: str, *names: str) -> None:
    feed = rss([(f"{paper}/{name}", "") for name in names])
    site.pages[f"{paper}/rss"] = Reply(feed, content_type="application/rss+xml")
