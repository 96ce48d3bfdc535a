"""In any order of edits, copies, mutes and days, a reader gets every alert in the end, and none twice."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.withheld import raise_withheld
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.storage.file.database import open_for_writing, to_instant, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.mutes import Mute, remove_mutes, save_mute
from tests.conftest import make_config
from tests.fakes import START
from tests.flows.mail.test_held_back import ME, POSTS, QUIET, YOU
from tests.flows.news.test_stories import STORY
from tests.newsroom import ARTICLE, Newsroom

EVENTS = st.lists(
    st.sampled_from(["post", "post", "edit", "copy", "headline", "mute", "unmute", "hours", "day"]),
    max_size=22,
)
FILLER = " ".join(STORY)


class Blog:
    """One story, continued at two outlets; the second copies the first."""

    def __init__(self, folder: Path) -> None:
        watch = WatchSettings(name="drones", query="drone", to=(ME, YOU))
        config = make_config(folder, watches=[watch])
        self.database = open_for_writing(config.store.path)
        self.database.execute("PRAGMA synchronous = OFF")
        migrate(self.database)
        apply_config(self.database, config, now=START)
        self.room = Newsroom(self.database, load_rules(self.database, config))
        self.count, self.edits, self.headlines = 1, 0, 0
        self.publish()

    def publish(self, source: str = "courier") -> None:
        quiet = [f"{QUIET} Edition {self.edits}."] * bool(self.edits)
        body = "\n\n".join([*quiet, FILLER, *reversed(POSTS[: self.count])])
        url = f"https://{source}.org/live"
        headline = ("Attack", "Attack on refinery")[self.headlines % 2]
        self.room.keep(replace(ARTICLE, url=url, body=body, headline=headline), source=source)

    def do(self, event: str) -> None:
        database, clock = self.database, self.room.clock
        clock.advance(minutes=1)
        match event:
            case "post":
                self.count = min(self.count + 1, len(POSTS))
                self.publish()
            case "edit":
                self.edits += 1
                self.publish()
            case "headline":
                self.headlines += 1
                self.publish()
            case "copy":
                self.publish("gazette")
            case "mute":
                with transaction(database):
                    save_mute(database, Mute(watch_id=1, recipient=ME), now=clock())
            case "unmute":
                with transaction(database):
                    remove_mutes(database, 1)
            case _:
                clock.advance(hours=5 if event == "hours" else 25)
        self.sweep()

    def sweep(self) -> None:
        raise_withheld(self.database, rules=self.room.rules, now=self.room.clock())
        self.room.take_up()

    def list_alerts_of_message(self, reader: str) -> list[tuple[str, str, str, str]]:
        rows = self.database.execute(
            """SELECT kind, raised_at, revisions.headline, body FROM outbox
               JOIN alerts ON alerts.id = alert_id JOIN revisions ON revisions.id = revision_id
               WHERE recipient = ? ORDER BY outbox.id""",
            [reader],
        )
        return [tuple(row) for row in rows]


@given(events=EVENTS)
# a headline that changed after a post was withheld was alerted to first, and the post with it as known
@example(events=[*["post"] * 4, "headline", "day"])
def test_a_reader_gets_every_alert_in_the_end_and_none_twice(events: list[str]) -> None:
    with TemporaryDirectory() as folder:
        blog = Blog(Path(folder))
        with closing(blog.database):
            for event in [*events, "unmute", "edit", *["day"] * 4]:
                blog.do(event)

            for reader in (ME, YOU):
                check(blog, blog.list_alerts_of_message(reader))
            left = blog.database.execute("SELECT count(*) FROM withheld WHERE due_at IS NOT NULL")
            assert left.fetchone()[0] == 0


def check(blog: Blog, alerted: list[tuple[str, str, str, str]]) -> None:
    bodies = [body for kind, _, _, body in alerted if kind in {"new", "update"}]
    for number in range(blog.count):
        assert any(POSTS[number] in body for body in bodies), f"post {number} was never told"
    assert [kind for kind, *_ in alerted].count("new") == 1
    assert alerted[0][0] == "new"
    known = ""
    for kind, _, headline, body in alerted:
        if kind == "headline":
            assert headline not in known.splitlines()
        else:
            assert any(post in body and post not in known for post in POSTS), "nothing new"
        known += f"\n{headline}\n{body}"
    days = [at for kind, at, *_ in alerted if kind != "new"]
    for first, fourth in zip(days, days[3:], strict=False):
        assert to_instant(fourth) - to_instant(first) >= timedelta(days=1)
