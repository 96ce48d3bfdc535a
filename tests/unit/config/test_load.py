import os
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest

from crawler.config.files.secrets import read_password
from crawler.config.load import find_config_files, load_config
from crawler.config.schema import Config
from crawler.config.sections.mail import MailSettings
from crawler.errors import ConfigFaulty

GOOD = """\
timezone = "Europe/Berlin"
[fetch]
every = "30m"
per_domain = { concurrency = 2, delay = "1s" }
[[source]]
name = "courier"
url = "https://courier.example/"
tags = ["coast"]
[[watch]]
name = "drones"
query = 'drone OR UAV'
sources = ["coast"]
"""


def with_source(line: str) -> str:
    return GOOD.replace('tags = ["coast"]', line).replace('["coast"]', "[]")


def load(folder: Path, text: str = "", **environ: str) -> Config:
    if text:
        (folder / "a.toml").write_text(text, encoding="utf-8")
    return load_config(
        folder,
        environ=environ,
        check_query=lambda q: "unreadable" if q == "(" else None,
        reads_secrets=True,
    )


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFaulty) as caught:
        load(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_a_good_configuration_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)

    assert config.sources[0].tags == ("coast",)
    assert config.fetch.every.total_seconds() == 1800
    assert config.fetch.per_domain.concurrency == 2


def test_all_files_of_a_folder_are_read_as_one_configuration(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('[[source]]\nname = "two"\nurl = "https://two.example/"\n')

    config = load(tmp_path, GOOD)

    assert [source.name for source in config.sources] == ["courier", "two"]


def test_the_fault_of_a_setting_in_two_files_names_both(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('[fetch]\nevery = "1h"\n')

    found = faults(tmp_path, GOOD)

    assert len(found) == 1
    assert "b.toml:2" in found[0]
    assert "a.toml" in found[0].partition("already set in")[2]


@pytest.mark.parametrize(
    ("wrong", "line", "words"),
    [
        (GOOD.replace("every", "evry"), 3, 'did you mean "every"'),
        (GOOD.replace("concurrency", "concurency"), 4, 'did you mean "concurrency"'),
        (GOOD.replace("tags", "tag"), 8, 'did you mean "tags"'),
        (GOOD.replace('["coast"]\n[[w', '"coast"\n[[w'), 8, "this must be a list in brackets"),
        (GOOD.replace('"30m"', "30"), 3, "duration with its unit"),
        (GOOD.replace('"30m"', '"1s"'), 2, "`every` must lie between `min_every` and `max_every`"),
        (GOOD.replace("https://", "ftp://"), 7, "not a web address"),
        (GOOD.replace("Europe/Berlin", "Berlin"), 1, "not an IANA time zone"),
        (GOOD.replace('sources = ["coast"]', 'sources = ["coats"]'), 12, 'did you mean "coast"'),
        (GOOD.replace("'drone OR UAV'", '"("'), 11, "unreadable"),
        (GOOD.replace("[[watch]]", "[[wacth]]"), 9, 'did you mean "watch"'),
        (GOOD.replace("[[source]]", "[source]"), 5, "two brackets"),
        ('import = ["x"]\n' + GOOD, 1, "not available in this release"),
        (GOOD + 'digest = "noon"\n', 13, '"noon" is neither a time nor a day'),
        (GOOD + 'digest = "mon-fri"\n', 13, "contains no time of day"),
        (
            GOOD + 'synonyms = ["kyiw"]\n[[synonyms]]\nname = "kyiv"\nwords = ["Kyiv", "Kiev"]\n',
            13,
            'did you mean "kyiv"',
        ),
        (GOOD + '[[synonyms]]\nname = "kyiv"\nwords = ["Kyiv"]\n', 15, "at least 2"),
        (GOOD + 'languages = ["english"]\n', 13, "two letters"),
        (GOOD + "min_mentions = 0\n", 13, "write 1 or more"),
        (with_source('every = "often"'), 8, "cron expression such as"),
        (with_source('every = "0 7 * *"'), 8, "one has five parts"),
        (with_source('every = "0 25 * * *"'), 8, "not a cron expression: hours are 0 to 23"),
        (with_source('every = "0 7 31 2 *"'), 8, "as far as the month has them"),
        (with_source('every = "0 7 */29 2 mon#5"'), 8, "no year has such a day"),
        (with_source('every = "0 7 * * fri-mon"'), 8, "mon to sun"),
        (with_source('every = "0 7 * * 9"'), 8, "mon to sun"),
        (with_source('active_hours = "6 to 23"'), 8, '"06:00-23:00"'),
        (
            with_source('min_every = "2h"\nmax_every = "1h"'),
            5,
            "`min_every` must not be longer than `max_every`",
        ),
        (with_source('select = { body = "div[" }'), 8, "CSS selector"),
        (with_source('select = { bodi = "div" }'), 8, 'did you mean "body"'),
        (with_source('headers = { "X Y" = "1" }'), 8, "header"),
        (with_source('headers = { X = "a\\r\\nBcc: b" }'), 8, "line"),
        (with_source('password_file = "nowhere"'), 8, "cannot be read"),
        (with_source('proxy = "socks5://x"'), 8, "SOCKS proxy (socks5://) is not supported"),
        (
            with_source('proxy = "proxy.example.org:3128"'),
            8,
            'write "http://proxy.example.org:3128"',
        ),
        (with_source('headers = { Proxy-Authorization = "Basic x" }'), 5, "stands in `proxy`"),
        (
            GOOD.replace("[fetch]", '[fetch]\nproxy = "https://p.example"'),
            3,
            "reached over http://",
        ),
        (GOOD.replace("[fetch]", '[fetch]\nno_proxy = ["*.org"]'), 3, 'write ".example.org"'),
        (with_source('kind = "fed"'), 8, 'write one of "auto", "feed", "sitemap"'),
    ],
)
def test_a_fault_names_line_and_remedy(tmp_path: Path, wrong: str, line: int, words: str) -> None:
    found = faults(tmp_path, wrong)

    assert any(f"a.toml:{line}:" in fault and words in fault for fault in found), found


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    wrong = GOOD.replace("every", "evry").replace("https://", "ftp://").replace("Europe/", "")

    found = faults(tmp_path, wrong)

    assert len([fault for fault in found if "sources" not in fault]) == 3


def test_invalid_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    found = faults(tmp_path, 'timezone = "UTC"\n[[source\n')

    assert "a.toml:2: a closing bracket is missing" in found[0]


def test_names_are_unique(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + '[[source]]\nname = "courier"\nurl = "https://x.example/"\n')

    assert "is taken by" in found[0]
    assert ":5" in found[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Drones", "drones"),
        ("Stra\u00dfe", "STRASSE"),
        ("\uff24rones", "drones"),
        ("\u00dcbung", "u\u0308bung"),
        ("\ufb01eld", "FIELD"),
    ],
)
def test_names_that_look_the_same_are_refused_with_both_and_the_remedy(
    tmp_path: Path, one: str, other: str
) -> None:
    watches = "".join(f'[[watch]]\nname = "{name}"\nquery = "x"\n' for name in (one, other))

    (found,) = faults(tmp_path, watches)

    composed = unicodedata.normalize("NFC", other)
    assert f'the name "{composed}" differs from "{one}", ' in found
    assert "a.toml:5" in found
    assert f'such as "{composed} 2"' in found


def test_a_name_is_the_same_however_it_was_typed(tmp_path: Path) -> None:
    text = (
        '[[source]]\nname = "Ku\u0308ste"\nurl = "https://x.example/"\n'
        '[[watch]]\nname = "u\u0308ber"\nquery = "x"\nsources = ["K\u00fcste"]\n'
    )

    config = load(tmp_path, text)

    assert (config.sources[0].name, config.watches[0].name) == ("K\u00fcste", "\u00fcber")


def test_a_watch_and_a_source_may_have_one_name(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace('name = "drones"', 'name = "Courier"')).watches


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaulty, match="watchword init"):
        load(tmp_path / "none")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        GOOD + '[mail]\nhost = "file.example"\n',
        WATCHWORD_MAIL_HOST="env.example",
        WATCHWORD_MAIL_PORT="2525",
        WATCHWORD_MAIL_TO="a@x.org, b@x.org",
        WATCHWORD_DATABASE="/data/w.db",
    )

    assert (config.mail.host, config.mail.port) == ("env.example", 2525)
    assert config.mail.to == ("a@x.org", "b@x.org")
    assert str(config.store.path) == "/data/w.db"


def test_a_fault_never_shows_the_password(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD + '[mail]\npassword = "hunter2"\nport = 99999\n')

    assert found
    assert "hunter2" not in " ".join(found)


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    mail = MailSettings(password_file=tmp_path / "secret")

    assert read_password(mail) == "hunter2"
    with pytest.raises(ConfigFaulty, match="password_file"):
        read_password(MailSettings(password_file=tmp_path / "none"))


def test_the_crawl_process_gets_everything_but_the_login(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD + '[mail]\nhost = "h"\npassword = "hunter2"\n')

    handed = config.for_crawl_process()

    assert "hunter2" not in str(handed)
    assert Config.model_validate(handed).sources == config.sources
    assert Config.model_validate(handed).fetch == config.fetch


def test_a_browser_can_be_configured_only_where_it_is_installed(tmp_path: Path) -> None:
    text = with_source("render = true")

    if find_spec("scrapy_playwright") is None:
        assert "watchword[browser]" in faults(tmp_path, text)[0]
    else:
        assert load(tmp_path, text).needs_browser
    assert not load(tmp_path, GOOD).needs_browser


def test_no_text_of_a_source_contains_its_secrets(tmp_path: Path) -> None:
    lines = 'password = "hunter2"\nheaders = { X-Key = "hunter2" }\ncookies = { id = "hunter2" }'

    source = load(tmp_path, with_source(lines)).sources[0]

    assert "hunter2" not in repr(source) + str(source)


@pytest.mark.parametrize(
    "litter",
    [
        ".#sources.toml",
        "._sources.toml",
        ".sources.toml",
        "~$sources.toml",
        "#sources.toml",
        "sources.sync-conflict-20261126-101112-ABCDEFG.toml",
        "sources (Anna's conflicted copy 2026-11-26).toml",
        "sources (conflicted copy 2026-11-26 101112).toml",
    ],
)
def test_files_left_by_editors_and_sync_programs_are_not_read(tmp_path: Path, litter: str) -> None:
    (tmp_path / "sources.toml").write_text("")
    (tmp_path / litter).write_bytes(b"\x00\x05\x16\x07 = [")

    assert [file.name for file in find_config_files(tmp_path)] == ["sources.toml"]


def test_an_editors_lock_a_folder_and_a_pipe_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    (tmp_path / ".#sources.toml").symlink_to("me@desk.4711:1764000000")
    (tmp_path / "old.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")

    assert [file.name for file in find_config_files(tmp_path)] == ["sources.toml"]


def test_a_broken_symbolic_link_is_a_fault_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("")
    (tmp_path / "watches.toml").symlink_to(tmp_path / "gone" / "watches.toml")

    with pytest.raises(ConfigFaulty) as caught:
        load_config(tmp_path, environ={})

    assert "watches.toml" in caught.value.faults[0].file


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real").write_text("")
    (tmp_path / "linked.toml").symlink_to(tmp_path / "elsewhere" / "real")

    assert [file.name for file in find_config_files(tmp_path)] == ["linked.toml"]


PATHS = """\
[store]
path = "data/w.db"
[mail]
maildir = "messages"
password_file = "../secrets/password"
[[source]]
name = "courier"
url = "https://courier.example/"
password_file = "PLACE/secrets/password"
[[channel]]
name = "desk"
url_file = "~/desk-url"
"""


def test_paths_count_from_the_folder_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, content in (("secrets/password", "x"), ("home/desk-url", "https://d.example/")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(content)
    folder = tmp_path / "conf"
    folder.mkdir()
    (folder / "main.toml").write_text(PATHS.replace("PLACE", str(tmp_path)))
    monkeypatch.chdir(tmp_path)

    for path in (folder, folder / "main.toml", Path("conf"), Path("conf/main.toml")):
        config = load_config(path, environ={})

        assert config.store.path == folder / "data" / "w.db"
        assert config.mail.maildir == folder / "messages"
        assert read_password(config.mail) == "x"
        assert config.sources[0].password_file == tmp_path / "secrets" / "password"
        assert config.channels[0].url_file == tmp_path / "home" / "desk-url"


def test_without_a_path_the_database_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text("")

    assert load_config(tmp_path, environ={}).store.path == tmp_path / "var" / "watchword.db"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 3000,
        "a = " + "[" * 200 + "]" * 200,
        "mail = " + "{a = " * 1000,
        "a." * 3000 + "b = 1",
        "[a" + ".b" * 3000 + "]",
        "\n".join(f"[a{'.b' * depth}]\nc = 1" for depth in range(40)),
        "[[source]]\nname = 'x'\ntags = " + "[" * 40 + "]" * 40,
    ],
)
def test_what_lies_too_deep_is_a_fault_of_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "watchword.toml"
    file.write_text(text)

    with pytest.raises(ConfigFaulty) as caught:
        load_config(file, environ={})

    assert [(fault.file, fault.line) for fault in caught.value.faults] == [(str(file), 0)]
    assert "too deep" in caught.value.faults[0].problem


# signs at which str.splitlines ends a line, and that TOML allows in comments and strings
@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
@pytest.mark.parametrize(
    ("end", "line"),
    [
        ('[[watch]]\nname = "drones"\nquery = "("\n', 6),
        ('[[source]]\nname = "courier"\nurl = "https://a.example/"\nevry = "1h"\n', 7),
        ('[mail]\n# of SIGN[fetch]\noperator = "nobody"\n', 6),
        ('[mail]\nhost = """x\n', 5),
        ('[mail]\nhost = """x', 5),
    ],
    ids=["query", "unknown", "old-name", "open-text", "open-text-without-line-end"],
)
def test_signs_that_end_no_line_of_toml_do_not_move_the_line_of_a_fault(
    tmp_path: Path, sign: str, end: str, line: int
) -> None:
    text = f'# pasted{sign}from a page{sign}{sign}\ntimezone = "Europe/Berlin"\r\n# a{sign}b\n{end}'
    text = text.replace("SIGN", sign)
    (tmp_path / "a.toml").write_bytes(text.encode())

    with pytest.raises(ConfigFaulty) as caught:
        load(tmp_path)

    assert [fault.line for fault in caught.value.faults] == [line]
