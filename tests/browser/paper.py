"""An invented coast with five papers, whose news of three days fill a database for browser tests and pictures."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.flows.watch.key_index import open_key_index
from crawler.model.article import Article, Byline, Confidence, Precision, PublicationDate
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from tests.newsroom import Newsroom

CONFIG = """
timezone = "Europe/Berlin"

[store]
path = "watchword.db"

[mail]
maildir = "mail"
to = ["desk@example.org"]

[[source]]
name = "Harbour Courier"
url = "https://courier.example/rss"
tags = ["coast", "daily"]

[[source]]
name = "Saltmere Echo"
url = "https://echo.example/rss"
tags = ["coast"]

[[source]]
name = "Nordmole Anzeiger"
url = "https://nordmole.example/rss"

[[source]]
name = "Eastern Harbour Post"
url = "https://east.example/rss"

[[source]]
name = "Lighthouse News"
url = "https://lighthouse.example/rss"

[[source]]
name = "Fjord Weekly"
url = "https://fjord.example/rss"

[[watch]]
name = "drones"
query = "drone OR Drohne OR ドローン OR مسيرات"

[[watch]]
name = "ferries"
query = "ferry"

[[watch]]
name = "harbour dues"
query = '"harbour dues"'
alert = "digest"

[[watch]]
name = "lighthouses"
query = "lighthouse"
"""
_FERRY = """SALTMERE. The night ferry to Cape Morrow is suspended after crews twice had to stop boarding because drones hovered over the landing stage, the company said before sunrise.

The first was seen at ten past one by the deckhand who was lowering the ramp. It stayed for about four minutes at the height of the mast, he said, and left when the searchlight was turned on. The second came at three.

\u201cYou cannot load lorries with something of that size above your head,\u201d the harbour master said. \u201cWe do not know whose it is, and we will not guess.\u201d

About 140 passengers were taken to a hall on the grain quay, where they were given tea and blankets. The company said the service would not run until Friday. The day boats sail as planned.

Survey flights over the quay have been allowed since October. The transport office said that none had been booked for the night, and that a survey drone carries lights. Those seen on Thursday carried none."""
_DUES = """Saltmere will double harbour dues for ships that wait with their engines running, the council decided on Tuesday evening after three hours of debate.

Under the plan a ship that idles for more than six hours would pay twice the harbour dues of one that plugs in. Twelve of the fourteen berths on the grain quay have had power since spring.

Shipowners called the step hasty; the fishing cooperative, whose boats are exempt, welcomed it. A first report is due in March."""
_GERMAN = """Die Hafenmeisterei meldete in der Nacht drei Drohnen in weniger als vierzig Metern Höhe; der Betrieb ruht bis auf Weiteres. Schlepper und Lotsenboote bleiben am Kai.

Die Wasserschutzpolizei sucht nach den Steuerern der Drohnen und bittet um Hinweise. Verletzt wurde niemand, Schäden sind nicht bekannt.

Nach Angaben der Reederei warten sieben Schiffe auf Reede. Die Stadt will am Mittag über das weitere Vorgehen beraten."""
_ARABIC = """قالت سلطة المرفأ إن مسيرات حلقت فوق رصيف العبارات مرتين خلال الليل، وإن الرحلات استؤنفت عند الساعة الخامسة بعد تفتيش الرصيف والسفن الراسية فيه.

وأضافت السلطة في بيانها أن أحدا لم يصب بأذى، وأن التحقيق جار لمعرفة مصدر الطائرات، وأن حركة السفن التجارية لم تتأثر بما جرى.

ودعت السلطة الصيادين إلى الإبلاغ عن أي مسيرات يرونها قرب المرفأ في الأيام المقبلة."""
_JAPANESE = """操縦者を失ったドローンが白灯岬の灯台の周りを三十分旋回し、灯台守が網で受け止めた。けが人はなく、機体は警察に引き渡された。

灯台守は「鳥だと思っていた」と話している。機体には持ち主を示すものがなく、警察が調べている。

岬の周辺ではこの秋、同じような飛行が三度目撃されている。"""
_LIGHT = """The lighthouse on Cape Morrow will be painted next summer, the harbour board said, and its lamp, dark since the storm in March, will be lit again before the first ferry of the season.

The work costs 84,000 and is paid for by the friends of the lighthouse, who sold postcards for eleven years. The tower stays open to visitors meanwhile."""
# a headline that would be harmful anywhere else, and a formula to a spreadsheet
HOSTILE = '=HYPERLINK("http://evil.example") <script>alert(1)</script> ferry'
_HOSTILE_BODY = "A ferry that nobody had ordered lay at the quay on Sunday, and its crew could not say why it had come or when it would leave again."


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """An article, how many hours ago it was published, and how that is stated."""

    source: str
    slug: str
    headline: str
    body: str
    hours: float
    language: str = "en"
    precision: Precision | None = Precision.MINUTE
    evidence: str = ""


_ALL = (
    _News(source="Harbour Courier", slug="lamp", headline="Lamp on Cape Morrow to be lit again", body=_LIGHT, hours=40, precision=Precision.DAY),
    _News(source="Saltmere Echo", slug="dues", headline="Saltmere to double harbour dues for ships that wait with engines running", body=_DUES, hours=30),
    _News(source="Lighthouse News", slug="drone", headline="灯台で迷子のドローンを捕獲　灯台守が網で", body=_JAPANESE, hours=26, language="ja"),
    _News(source="Saltmere Echo", slug="hostile", headline=HOSTILE, body=_HOSTILE_BODY, hours=20, precision=None),
    _News(source="Harbour Courier", slug="ferry", headline="Night ferry suspended after drones hover over the landing stage", body=_FERRY, hours=6),
    _News(source="Saltmere Echo", slug="ferry", headline="Ferry passengers spend night in grain hall", body=_FERRY.replace("before sunrise", "on Thursday").replace("tea and blankets", "tea, blankets and cards to play with"), hours=5),
    _News(source="Nordmole Anzeiger", slug="drohnen", headline="Drohnen über dem Fährhafen: Grauwerder stellt Nachtbetrieb ein", body=_GERMAN, hours=4, language="de"),
    _News(source="Eastern Harbour Post", slug="drones", headline="مسيرات مجهولة تعطل حركة العبارات في مرفأ مرسى النور", body=_ARABIC, hours=3, language="ar", precision=Precision.HOUR, evidence="3 hours ago"),
)  # fmt: skip


def fill(folder: Path, *, now: datetime, toml: str = CONFIG) -> Path:
    """Write configuration and database into a folder, as a daemon of some days would leave them; return the configuration."""
    file = folder / "watchword.toml"
    file.write_text(toml, encoding="utf-8")
    config = load_config(file, environ=os.environ)
    with closing(open_for_writing(config.store.path)) as database:
        migrate(database)
        begun = now - timedelta(days=3)
        apply_config(database, config, now=begun)
        # first visits are spread over minutes; here all have come
        database.execute("UPDATE sources SET next_due_at = ?", [to_text(begun)])
        open_key_index(database)
        _publish(database, config, now)
        database.execute(
            "UPDATE sources SET article_count = (SELECT count(*) FROM articles WHERE source_id = sources.id)"
        )
        # sources as their planning leaves them; Fjord Weekly was never read
        database.execute(
            """UPDATE sources SET visited_at = ?1, last_success_at = ?2, next_due_at = ?3, health = 'ok'
               WHERE name <> 'Fjord Weekly'""",
            numbered(
                to_text(begun),
                to_text(now - timedelta(minutes=9)),
                to_text(now + timedelta(minutes=4)),
            ),
        )
        database.execute(
            """UPDATE sources SET failure_count = 2, last_failure = 'server said 503', last_failure_at = ?1, next_due_at = ?2
               WHERE name = 'Fjord Weekly'""",
            numbered(to_text(now - timedelta(minutes=9)), to_text(now + timedelta(minutes=20))),
        )
    return file


def _publish(database: sqlite3.Connection, config: Config, now: datetime) -> None:
    newsroom = Newsroom(database, load_rules(database, config), now=now - timedelta(days=3))
    for news in _ALL:
        newsroom.clock.now = now - timedelta(hours=news.hours) + timedelta(minutes=2)
        newsroom.keep(_make_article(news, now), source=news.source)
    # edited since, in one word
    ferry = next(one for one in _ALL if one.slug == "ferry")
    newsroom.clock.now = now - timedelta(hours=2)
    edited = _FERRY.replace("until Friday", "until further notice")
    newsroom.keep(_make_article(ferry, now, body=edited), source=ferry.source)
    with transaction(database):
        for name, visit in newsroom.visits.items():
            is_fjord = name == "Fjord Weekly"
            outcome = VisitOutcome.FAILED if is_fjord else VisitOutcome.OK
            finish_visit(
                database,
                visit,
                outcome=outcome,
                now=now - timedelta(minutes=9),
                note="server said 503" if is_fjord else None,
            )
        # the daemon that left all this beats still
        database.execute(
            "INSERT INTO heartbeats (name, pid, started_at, beat_at) VALUES ('daemon', 1, ?, ?)",
            [to_text(now - timedelta(days=3)), to_text(now)],
        )


def _make_article(news: _News, now: datetime, *, body: str = "") -> Article:
    at = now - timedelta(hours=news.hours)
    published = news.precision and PublicationDate(
        published_at=at.replace(hour=0, minute=0) if news.precision is Precision.DAY else at,
        precision=news.precision,
        zone="UTC",
        evidence=news.evidence or at.isoformat(),
        origin="relative" if news.evidence else "json-ld",
        confidence=Confidence.STATED,
    )
    host = news.source.lower().replace(" ", "-")
    return Article(
        url=f"https://{host}.example/{news.slug}",
        headline=news.headline,
        body=body or news.body,
        language=news.language,
        publication_date=published or None,
        byline=Byline(text="Wenna Sallow", names=("Wenna Sallow",)),
        tags=("harbour", "ferry"),
    )
