"""Invented alerts of each kind, and with each difficulty: scripts, lengths, missing parts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.model.mail.alert import Alert, AlertKind, Outlet
from crawler.model.watch import Snippet

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def _mark(text: str, *words: str) -> Snippet:
    found = sorted((text.index(word), text.index(word) + len(word)) for word in words)
    return Snippet(text=text, marks=tuple(found))


ALERT = Alert(
    id=17,
    kind=AlertKind.NEW,
    watch_name="drones",
    query='drone* OR "unmanned aircraft"',
    headline="Night ferry suspended after drones hover over the landing stage",
    url="https://www.harbour-courier.example/2026/11/26/night-ferry-suspended?edition=morning",
    source_name="harbour-courier",
    language="en",
    terms=("drone*", "unmanned aircraft"),
    hit_count=2,
    in_headline=True,
    snippet=_mark(
        "Crews twice had to stop boarding because drones hovered over the landing stage, the ferry company said before "
        "sunrise, and an unmanned aircraft was found on the quay.",
        "drones",
        "unmanned aircraft",
    ),
    raised_at=NOW,
    published_at=NOW - timedelta(minutes=48),
    precision="minute",
    published_zone="Europe/Berlin",
    byline="Mara Lindqvist and Jon Aske",
    article_id=402,
    story_id=12,
    current_story_id=12,
)
_DIFF = (
    "Crews twice had to stop boarding because drones hovered over the landing stage, the ferry company said [-before sunrise-] "
    "{+on Thursday. About 140 passengers were taken to a hall on the grain quay+}. [-The day boats sail as planned.-] "
    "{+Police said they were looking for two people seen on the breakwater.+}"
)
_NAMES = (
    "Harbour Courier", "North Wire", "Saltmere Echo", "Nordmole Anzeiger", "Inland Gazette", "بريد المرفأ الشرقي", "港区日报",
    "The Evening Ledger of Saltmere and the Outer Islands", "Coast Radio", "Le Quai", "Gulf Post", "Pilot", "Metro", "Lantern",
)  # fmt: skip


def _outlets(count: int) -> tuple[Outlet, ...]:
    names = [_NAMES[number % len(_NAMES)] for number in range(count)]
    return tuple(
        Outlet(
            source_name=name,
            headline=f"Drones halt night ferry at Saltmere, says {name}",
            url=f"https://example.org/{number}/drones-halt-night-ferry",
            published_or_seen_at=NOW - timedelta(minutes=48 - 3 * number if number else 60 * 20),
            is_stated=number % 3 != 2,
        )
        for number, name in enumerate(names)
    )


ALERTS = {
    "new": ALERT,
    "new-day-only": replace(ALERT, precision="day", published_at=datetime(2026, 11, 25, 23, tzinfo=UTC)),
    "new-about": replace(ALERT, precision="hour", byline=None, hit_count=1),
    "new-unstated": replace(ALERT, published_at=None, precision=None, hit_count=9, in_headline=False),
    "update-diff": replace(ALERT, kind=AlertKind.UPDATE, diff=_DIFF, current_story_id=13),
    "update-elsewhere": replace(ALERT, kind=AlertKind.UPDATE, outlets=_outlets(3), current_story_id=14),
    "headline": replace(
        ALERT,
        kind=AlertKind.HEADLINE,
        headline="Two held after drones stop the night ferry",
        headline_before="Night ferry suspended after drones hover over the landing stage",
        diff="[-Night ferry suspended-] {+Two held+} after drones [-hover over the landing stage-] {+stop the night ferry+}",
        current_story_id=15,
    ),
    "gone": replace(ALERT, kind=AlertKind.GONE, gone_status=410, current_story_id=16),
    "old": replace(ALERT, published_at=datetime(2019, 11, 19, 13, 25, tzinfo=UTC), current_story_id=17),
    "arabic": replace(
        ALERT,
        watch_name="المسيّرات",
        query="مسيّرة OR مسيّرات",
        headline="تعليق العبّارة الليلية بعد تحليق مسيّرات فوق الرصيف",
        source_name="بريد المرفأ الشرقي",
        language="ar",
        byline="منى الحداد",
        terms=("مسيّرات",),
        snippet=_mark("اضطر الطاقم مرتين إلى وقف صعود الركاب لأن مسيّرات حلّقت فوق رصيف الميناء، قالت شركة العبّارات.", "مسيّرات"),
        kind=AlertKind.UPDATE,
        diff="قالت شركة العبّارات [-قبل الفجر-] {+يوم الخميس+} إن الطاقم أوقف صعود الركاب",
        current_story_id=18,
    ),
    "chinese": replace(
        ALERT,
        watch_name="无人机",
        query="无人机",
        headline="无人机在码头上空盘旋，夜班渡轮暂停",
        source_name="港区日报",
        language="zh",
        byline="陈伟",
        terms=("无人机",),
        snippet=_mark("渡轮公司在日出前表示，由于无人机在登船码头上空盘旋，船员两次不得不停止登船，约一百四十名乘客被带到粮食码头的大厅等候。", "无人机"),
        current_story_id=19,
    ),
    "german-long": replace(
        ALERT,
        watch_name="Klimawandelanpassung",
        query="Klimawandelanpassungsstrategie OR Hochwasserschutzmaßnahmen",
        headline="Bundesverfassungsgerichtsentscheidung zur Klimawandelanpassungsstrategie: Hochwasserschutzmaßnahmenfinanzierungsgesetz "
        "muss bis zum Jahresende grundlegend überarbeitet werden, sagen Verfassungsrechtlerinnen und Verfassungsrechtler",
        source_name="Nordmole Anzeiger",
        language="de",
        terms=("Klimawandelanpassungsstrategie", "Hochwasserschutzmaßnahmen"),
        snippet=_mark("Die Klimawandelanpassungsstrategie des Landes genügt nach Ansicht des Gerichts nicht.", "Klimawandelanpassungsstrategie"),
        url="https://www.nordmole-anzeiger.example/politik/" + "sehr-lange-adresse-" * 12 + "ende.html",
        current_story_id=20,
    ),
    "no-headline": replace(ALERT, headline="", byline=None, url="", current_story_id=21),
    "feed-words": replace(ALERT, from_feed="the page could not be read (HTTP 403)", current_story_id=22),
    "outlets-14": replace(ALERT, outlets=_outlets(14), current_story_id=23),
    "outlets-80": replace(ALERT, outlets=_outlets(50), outlet_count=80, copy_count=93, current_story_id=24),
}  # fmt: skip
_WATCHES = ("elections", "drones", "dividends", "ferries")
_HEADLINES = (
    "Parmalat boasts doubled profits as milk prices fall",
    "Council counts the votes of the harbour ward again",
    "Two drones seen over the grain quay, pilots warned",
    "Night ferry returns to the old timetable",
    "Shipping line pays a dividend for the first time in nine years",
)


def make_many(count: int, *, watches: int) -> tuple[Alert, ...]:
    """Return alerts of several watches; a few stories matched more than one of them."""
    return tuple(_number(_pick(watches, count)))


def _pick(watches: int, count: int) -> Iterable[Alert]:
    names = [_WATCHES[n] if n < len(_WATCHES) else f"watch number {n}" for n in range(watches)]
    for number in range(count):
        name = names[number % 7 % watches if watches < 7 else number % watches]
        yield replace(ALERT, watch_name=name, headline=_HEADLINES[number % 5], outlets=_outlets(number % 4))  # fmt: skip


def _number(alerts: Iterable[Alert]) -> Iterable[Alert]:
    for number, alert in enumerate(alerts):
        story = number - 1 if number % 9 == 8 else number
        yield replace(alert, id=number + 1, story_id=story, current_story_id=story)
