"""The table of the field has a row for every case, and its judge finds what is missing, doubled, wrong or shown."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.field.__main__ import Verdict, list_reasons, make_table
from bench.field.cases import CASES, OPML, PAGE, Wanted
from bench.field.judge import Entry, Outcome, judge, make_outcome
from bench.field.programs import PEERS, Peer, PeerBroke, try_peer
from bench.field.sites import find_cases
from bench.field.watchword import read_verdicts, try_watchword

ROOT = Path(__file__).resolve().parents[4]
FIELD = ROOT.parent / "shared" / "field" / "sources"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

# a minimal runner: one site, which answers every path with the result of handle(path, visit)
RUNNER = """
import http.server, importlib.util, threading, types

def load(folder):
    spec = importlib.util.spec_from_file_location("site", folder / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def open_site(folder):
    module = load(folder)
    state = types.SimpleNamespace(visit=0, requests=[], memo={})
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.requests.append((state.visit, "", self.path, {}))
            status, body = module.handle(self.path, state.visit)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())
        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.base = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    def end(*_):
        server.shutdown()
        server.server_close()
    state.loop = types.SimpleNamespace(stop=None, call_soon_threadsafe=end)
    return module, state

if __name__ == "__main__":  # a crawl that breaks off after its first case
    import pathlib, sys
    print(f"===== {pathlib.Path(sys.argv[1]).name}: PASS   [REF]\\n  want: x")
"""
SITE = """
WANT = "two notices, of which the second is new at the visit | and told on"
VISITS = 2
SOURCES = ['url = "{BASE}/rss"\\nkind = "feed"\\n', 'url = "{BASE}/gone"\\nkind = "feed"\\n']
def handle(path, visit):
    if path == "/gone":
        return 404, ""
    titles = ["Harbour closed", "Drone over quay"][:visit]
    return 200, "".join(f"<item><title>{t}</title><link>/a/{t[0]}</link></item>" for t in titles)
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    texts = {
        "00-server/server.py": RUNNER,
        "01-notices/site.py": SITE,
        "48-list/list.opml": '<opml><body><outline xmlUrl="https://one.example/rss"/></body></opml>',
        "99-unheard-of/site.py": SITE,
        "README/notes.txt": "no case",
    }
    for name, text in texts.items():
        file = tmp_path / name
        file.parent.mkdir()
        file.write_text(text)
    return tmp_path


def peer(
    module: str = "tests.unit.bench.field.peer", *, does: frozenset[str] | None = None
) -> Peer:
    kinds = frozenset({"feed", OPML}) if does is None else does
    return Peer(name="titles", module=module, requirements=(), does=kinds)


def reported(
    title: str, *, text: str = "", link: str = "", hours_ago: float | None = None
) -> Entry:
    published = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    return Entry(title=title, text=text, link=link, published=published)


def complaints(wanted: Wanted, outcome: Outcome, *, reads_pages: bool = True) -> tuple[str, ...]:
    return judge(wanted, outcome, reads_pages=reads_pages, now=NOW)


def test_every_present_case_has_a_row_and_states_what_is_wanted() -> None:
    found = find_cases(FIELD)
    if not found:
        pytest.skip(f"{FIELD} is absent")

    lines = make_table(found, {}, as_markdown=True)

    folders = sorted(f.name for f in FIELD.iterdir() if f.is_dir() and f.name != "00-server")
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:-1]] == folders
    assert {case.number for case in found} <= CASES.keys()


def test_the_table_has_a_row_for_every_folder_of_a_case(cases: Path) -> None:
    results = {
        "ours": {
            "01-notices": Verdict(word="pass"),
            "48-list": Verdict(word="fail", why=("lost",)),
        },
        "other": {"01-notices": Verdict(word="n.a."), "48-list": Verdict(word="broke")},
    }

    lines = make_table(find_cases(cases), results, as_markdown=True)

    assert lines[0] == "| case | what is wanted | ours | other |"
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| 01-notices",
        "| 48-list",
        "| 99-unheard-of",
        "| passed",
    ]
    assert lines[4].endswith("new at the visit / ... | ? | ? |")
    assert lines[5].endswith("| 1 of 2 | 0 of 1 |")
    assert list_reasons(results) == ["ours, 48-list: lost"]


def test_a_peer_is_called_once_a_visit_and_judged_by_its_entries(
    cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = find_cases(cases)[0]
    missing = Wanted(
        short="", reported=("Harbour closed", "Drone over quay", "Ferry late"), fails=True
    )
    monkeypatch.setitem(CASES, "01", missing)

    found = try_peer(peer(), Path(sys.executable), case)

    assert found == ("'Ferry late' reported 0 times",)


def test_a_list_of_feeds_is_imported(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = find_cases(cases)[1]
    wanted = Wanted(short="", needs=OPML, addresses=("one.example/rss", "two.example/rss"))
    monkeypatch.setitem(CASES, "48", wanted)

    found = try_peer(peer(), Path(sys.executable), case)

    assert found == ("two.example/rss was neither taken nor named",)


def test_a_case_without_a_verdict_is_crawled_once_more_alone(
    cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted(short="", needs=OPML, addresses=("one.example/rss", "two.example/rss"))
    monkeypatch.setitem(CASES, "48", wanted)

    verdicts = dict(try_watchword(find_cases(cases)))

    assert verdicts == {
        "01-notices": (),
        "99-unheard-of": (),
        "48-list": ("two.example/rss was neither taken nor named",),
    }


def test_cases_beyond_what_a_program_does_do_not_concern_it(cases: Path) -> None:
    notices, _, unknown = find_cases(cases)

    assert try_peer(peer(does=frozenset({PAGE})), Path(sys.executable), notices) is None
    assert try_peer(peer(), Path(sys.executable), unknown) is None


def test_a_peer_that_cannot_be_started_is_not_counted_as_failing(cases: Path) -> None:
    with pytest.raises(PeerBroke, match="no_such_module"):
        try_peer(peer("tests.no_such_module"), Path(sys.executable), find_cases(cases)[0])


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([reported("Drone over quay")], ()),
        ([reported("Notice", text="A drone  over\nquay and mole")], ()),
        ([], ("'Drone over quay' reported 0 times",)),
        ([reported("Drone over quays")], ("'Drone over quay' reported 0 times",)),
        ([reported("Drone over quay"), reported("x", text="drone over quay")], ("'Drone over quay' reported 2 times",)),
    ],
)  # fmt: skip
def test_news_is_told_exactly_once(entries: list[Entry], expected: tuple[str, ...]) -> None:
    wanted = Wanted(short="", reported=("Drone over quay",))

    assert complaints(wanted, Outcome(entries=entries)) == expected


def test_a_page_must_be_read_by_what_reads_pages_only() -> None:
    wanted = Wanted(short="", reported=("Drone",), read=("Drone",))
    headline, article = Outcome(entries=[reported("Drone")]), Outcome(entries=[reported("Drone", text="word " * 60)])  # fmt: skip

    assert complaints(wanted, headline) == ("'Drone': the page was not read",)
    assert complaints(wanted, headline, reads_pages=False) == ()
    assert complaints(wanted, article) == ()


@pytest.mark.parametrize(
    ("wanted", "outcome", "is_right"),
    [
        ({"never": ("sign in",)}, Outcome(entries=[reported("x", text="Please sign in.")]), False),
        ({"never": ("页面不存在",)}, Outcome(entries=[reported("x", text="您访问的页面不存在或")]), False),
        ({"never": ("sign in",)}, Outcome(entries=[reported("sign inn")]), True),
        ({"fails": True}, Outcome(), False),
        ({"fails": True}, Outcome(failures=["HTTP 304"]), True),
        ({"reported": ("A",), "instead": {"A": "new-rss"}}, Outcome(failures=["moved to /new-rss"]), True),
        ({"reported": ("A",), "instead": {"A": "new-rss"}}, Outcome(failures=["no feed"]), False),
        ({"reported": ("A",), "links": {"A": "?ref=1"}}, Outcome(entries=[reported("A", link="http://x/a?ref=1")]), True),
        ({"reported": ("A",), "links": {"A": "?ref=1"}}, Outcome(entries=[reported("A", link="http://x/a")]), False),
        ({"hours_ago": (10, 48)}, Outcome(entries=[reported("A", hours_ago=20)]), True),
        ({"hours_ago": (10, 48)}, Outcome(entries=[reported("A", hours_ago=0)]), False),
        ({"hours_ago": (10, 48)}, Outcome(entries=[reported("A")]), False),
        ({"secret": "s3cret"}, Outcome(log="http://ada:s3cret@x/"), False),
        ({"secret": "s3cret"}, Outcome(lists=["http://x/"]), True),
        ({"untouched": "calendar"}, Outcome(paths=["/calendar/1"]), False),
        ({"leak": "leak"}, Outcome(memo={"leak": "key"}), False),
        ({"leak": "leak"}, Outcome(memo={"leak": None}), True),
        ({"needs": OPML, "addresses": ("a.org/r",)}, Outcome(lists=["https://a.org/r"]), True),
        ({"needs": OPML, "addresses": ("a.org/r",)}, Outcome(lists=["feed://a.org/r"]), False),
        ({"needs": OPML, "addresses": ("a.org/r",)}, Outcome(failures=["a.org: no web address"]), True),
    ],
)  # fmt: skip
def test_each_expectation_can_be_met_and_missed(
    wanted: Mapping[str, object], outcome: Outcome, is_right: bool
) -> None:
    asked = Wanted(short="", **wanted)  # type: ignore[arg-type]  # fields of Wanted

    assert (complaints(asked, outcome) == ()) is is_right


def test_an_answer_is_read_without_its_markup() -> None:
    answer = {
        "entries": [{"title": "A &amp; B", "link": "", "text": "<p>one</p>two", "published": "2026-11-26T10:00:00"}],
        "failures": [],
        "lists": [],
    }  # fmt: skip

    entry = make_outcome(answer, log="").entries[0]

    assert (entry.title, entry.text.split()) == ("A & B", ["one", "two"])
    assert entry.published == datetime(2026, 11, 26, 10, tzinfo=UTC)


def test_the_verdicts_of_the_runner_are_read() -> None:
    shown = (
        "===== 01-a: PASS   [REF]\n  want: x\n  article: /a | !! | y\n"
        "  ( no such table: runs )\n===== 02-b: FAIL   [REF]\n  want: y\n  !! lost\n  !! and late\n  run: ok\n"
    )

    assert read_verdicts(shown) == {"01-a": (), "02-b": ("lost", "and late")}


def test_every_peer_is_pinned() -> None:
    assert all("==" in stated for peer in PEERS for stated in peer.requirements)


def test_absent_cases_are_skipped_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.field", "--cases", str(tmp_path / "nowhere")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout == f"skipped: {tmp_path / 'nowhere'} holds no cases; say where they are with --cases DIR\n"  # fmt: skip
