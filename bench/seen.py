"""Draws real pages by chance, some of each language, and writes how each is shown: its mail, and its page in the web pages.

    python -m bench.seen FOLDER [--data DIR ...] [--pages 100] [--each 5] [--seed 23]

A folder of pages is as for ``bench.extraction``; a truth may state its ``language``, otherwise it is guessed from the page.
FOLDER gets a mail (text and HTML) and the article as text for each page, and ``watchword.toml`` with the database, so that
``watchword --config FOLDER/watchword.toml browse`` shows the articles. The watch of each page is a word of its own headline.

--each N  so many pages of a language at first; the rest is drawn from the languages that have more
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from urllib.parse import urlsplit

import lxml.html

from bench.extraction.corpora import DATES, NEWS, Sample, read_corpus
from bench.extraction.readers import make_page
from crawler.alerting.messages.compose import compose_mail
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.extract.metadata.language import guess_language
from crawler.flows.mail.delivery.messages import build_message, find_links, find_sender
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.flows.watch.key_index import open_key_index
from crawler.model.article import Article
from crawler.storage.crawl.crawl_queue import claim_due_visits
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.alerts import list_deliveries
from crawler.storage.mail.deliveries import find_delivery
from tests.newsroom import Newsroom

# Chinese and Japanese do not space words: up to four ideographs, or katakana
_WORD = re.compile(
    r"[\u3400-\u9fff]{2,4}|[\u30a0-\u30ff]{2,}|(?:[^\W\u3040-\u9fff]|[\u0900-\u0dff]){2,}"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, what was understood from it, and the word it is watched for; ``seen_at``: when it was found, as if it was news."""

    name: str
    article: Article
    word: str
    seen_at: datetime


def draw(samples: Sequence[Sample], *, pages: int, each: int, seed: int) -> list[Sample]:
    """Return samples drawn by chance: at most ``each`` of a language at first, the rest from the languages that have more."""
    by_language = defaultdict(list)
    for sample in samples:
        by_language[str(sample.truth.get("language") or _guess(sample))].append(sample)
    chance = random.Random(seed)
    drawn: list[Sample] = []
    rest: list[Sample] = []
    for _, found in sorted(by_language.items()):
        chance.shuffle(found)
        drawn += found[:each]
        rest += found[each:]
    chance.shuffle(rest)
    return (drawn + rest)[:pages]


def _guess(sample: Sample) -> str:
    tree = lxml.html.fromstring(sample.html)
    return guess_language(" ".join(tree.xpath("//p//text()")))


def understand(samples: Sequence[Sample]) -> Iterator[Shown]:
    """Yield the samples that are articles; print why any other is none."""
    for sample in samples:
        try:
            article = extract_article(make_page(sample))
        except NotAnArticle as refusal:
            print(f"{sample.key}: refused: {refusal}")
            continue
        host = (urlsplit(sample.url).hostname or "page").removeprefix("www.")
        date = article.publication_date
        seen_at = sample.fetched_at if date is None else date.published_at + timedelta(hours=1)
        yield Shown(f"{sample.key} {host}", article, choose_word(article), seen_at)


def choose_word(article: Article) -> str:
    """Return the longest word of the headline that the body has, too, else the body's first."""
    found = [word for word in _WORD.findall(article.headline) if word in article.body]
    return max(found, key=len, default=next(iter(_WORD.findall(article.body)), "the"))


def configure(folder: Path, shown: Sequence[Shown]) -> Config:
    """Write the configuration into an empty folder: a source for each page, and a watch for its word there alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("watchword.db*"):
        old.unlink()
    lines = ['[store]\npath = "watchword.db"\n[mail]\nmaildir = "mail"\nto = ["desk@example.org"]']
    for number, one in enumerate(shown):
        lines.append(f'[[source]]\nname = "{one.name}"\nurl = "https://{number}.example/rss"')
        lines.append(f"[[watch]]\nname = \"{one.name}\"\nquery = '\"{one.word}\"'\nsources = [\"{one.name}\"]")  # fmt: skip
    file = folder / "watchword.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_config(file, environ={})


def write(folder: Path, shown: Sequence[Shown]) -> None:
    """Store the articles as a visit would, and write the mail and the text of each."""
    config = configure(folder, shown)
    first = min(one.seen_at for one in shown)
    with closing(open_for_writing(config.store.path)) as database:
        migrate(database)
        apply_config(database, config, now=first)
        database.execute("UPDATE sources SET next_due_at = ?", [to_text(first)])
        open_key_index(database)
        room = Newsroom(database, load_rules(database, config), now=first)
        for one in sorted(shown, key=lambda one: one.seen_at):
            # an hour apart, so that no alert is held back as one too many
            room.clock.now = max(one.seen_at, room.clock.now + timedelta(hours=1))
            with transaction(database):
                visits = claim_due_visits(database, now=room.clock.now, limit=1, only=[one.name])
            room.visits |= {one.name: visits[0]} if visits else {}
            room.keep(one.article, source=one.name)
            _write_one(folder, one, database, config)


def _write_one(folder: Path, one: Shown, database: Connection, config: Config) -> None:
    stem = one.name.replace(" ", "-")
    (folder / f"{stem}.txt").write_text(f"{one.article.headline}\n\n{one.article.body}\n", encoding="utf-8")  # fmt: skip
    last = list_deliveries(database, limit=1)
    delivery = find_delivery(database, last[0]["id"]) if last else None
    if delivery is None or last[0]["watch"] != one.name:
        print(f"{one.name}: no alert for {one.word}")
        return
    message = build_message(database, delivery, config)
    mail = compose_mail(message, sender=find_sender(config), links=find_links(config))
    for kind, ending in (("plain", "mail.txt"), ("html", "mail.html")):
        part = mail.get_body((kind,))
        text = str(part.get_content()) if part else ""
        head = f"Subject: {mail['Subject']}\n\n" if kind == "plain" else ""
        (folder / f"{stem}.{ending}").write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, action="append")
    for name, default in (("--pages", 100), ("--each", 5), ("--seed", 23)):
        parser.add_argument(name, type=int, default=default)
    stated = parser.parse_args()
    every = [
        sample for data in stated.data or (NEWS, DATES) for sample in read_corpus(data).samples
    ]
    drawn = draw(every, pages=stated.pages, each=stated.each, seed=stated.seed)
    write(stated.folder, list(understand(drawn)))
