"""Phrases, one file a language: these tests find errors of a translation; such errors never lose a message."""

import logging
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale

from crawler.alerting import phrases
from crawler.alerting.phrases import FOLDER, HtmlPhrases, Phrases, load_phrases

ROOT = Path(phrases.__file__).parents[2]
ENGLISH = load_phrases("en", folder=FOLDER)
INSTANT = datetime(2026, 11, 23, 18, 5, tzinfo=UTC)
FILES = sorted(FOLDER.glob("*.toml"))


def find_keys_in_code() -> tuple[set[str], set[str]]:
    """Return the keys that code and templates name, and the prefixes of those they compose."""
    folders = [ROOT / name for name in ("crawler", "scheduler", "watchword")]
    files = [path for folder in folders for ending in ("py", "html", "txt") for path in folder.rglob(f"*.{ending}")]  # fmt: skip
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    sections = "|".join({key.partition(".")[0] for key in ENGLISH})
    named = set(re.findall(rf"""["']((?:{sections})\.[a-z_]+)["']""", text))
    begun = set(re.findall(rf"""f["']((?:{sections})\.[a-z_]*)\{{""", text))
    return named, begun


def test_every_sentence_that_is_used_exists_and_none_is_unused() -> None:
    named, begun = find_keys_in_code()

    assert named <= set(ENGLISH), named - set(ENGLISH)
    unused = {key for key in ENGLISH if key not in named and not key.startswith(tuple(begun) or ("-",))}  # fmt: skip
    assert unused == set()


def find_places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def find_faults(language: str, own: Mapping[str, phrases.Phrase]) -> Iterator[str]:
    """Return the errors of a translation: unknown keys, other placeholders, missing plural forms."""
    categories = {*Locale.parse(language).plural_form.tags, "other"}
    for key, phrase in own.items():
        if key not in ENGLISH:
            yield f"{key}: there is no such sentence"
            continue
        known = ENGLISH[key]
        stated = {"": known} if isinstance(known, str) else known
        wanted = set.union(*map(find_places, stated.values()))
        forms = {"": phrase} if isinstance(phrase, str) else phrase
        if not isinstance(phrase, str) and (isinstance(known, str) or set(forms) != categories):
            yield f"{key}: forms {sorted(forms)}, not {sorted(categories)}"
        for form, sentence in forms.items():
            # "twice" and "one story" need no number; a form for all numbers does
            missing = wanted - find_places(sentence) - ({"n"} if form not in {"", "other"} else set())  # fmt: skip
            if missing or find_places(sentence) - wanted:
                yield f"{key}: places {sorted(find_places(sentence))}, not {sorted(wanted)}"
    for key in set(ENGLISH) - set(own):
        yield f"{key}: is missing"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_translation_has_every_sentence_with_all_its_placeholders(path: Path) -> None:
    assert [*find_faults(path.stem, load_phrases(path.stem, folder=FOLDER))] == []


@pytest.mark.parametrize(
    ("key", "phrase", "fault"),
    [
        ("alert.gone", "weg", "places"),
        ("alert.gone", "weg: {state}", "places"),
        ("alert.gone", {"one": "{status}", "other": "{status}"}, "forms"),
        ("digest.stories", {"one": "{n}", "few": "{n}", "other": "{n}"}, "forms"),
        ("digest.stories", {"one": "eine", "other": "viele"}, "places"),
        ("digest.storeys", "x", "no such sentence"),
    ],
)
def test_errors_of_a_translation_are_found(key: str, phrase: phrases.Phrase, fault: str) -> None:
    assert fault in " ".join(find_faults("de", {**ENGLISH, key: phrase}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Yield a folder of languages with English in it, used in place of the installed one."""
    (tmp_path / "en.toml").write_bytes((FOLDER / "en.toml").read_bytes())
    monkeypatch.setattr(phrases, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('gone = "weg: {state}"', "KeyError"),
        ('gone = "weg: {"', "ValueError"),
        ('gone = "weg: {0}"', "IndexError"),
        ('gone = "weg: {status.x.y}"', "AttributeError"),
        ('gone = { one = "x", other = "y" }', "plural forms"),
        ("gone = 7", "Error"),
    ],
)
def test_a_sentence_that_cannot_be_filled_in_is_written_in_english(
    folder: Path, caplog: pytest.LogCaptureFixture, written: str, reason: str
) -> None:
    (folder / "de.toml").write_text(f'[alert]\nold = "alt"\n{written}\n')
    phrases._log_unfillable.cache_clear()

    with caplog.at_level(logging.WARNING):
        sentences = [Phrases("de-AT", "UTC").say("alert.gone", status=410) for _ in range(3)]

    assert sentences == ["The page we mailed you about is gone: it now answers 410. We still have the text."] * 3  # fmt: skip
    assert Phrases("de-AT", "UTC").say("alert.old") == "alt"
    assert [reason in record.message for record in caplog.records] == [True]
    assert "key=alert.gone" in caplog.text


@pytest.mark.parametrize("content", [b"this is = not [toml", b"\xff\xfe", b"old = 5"])
def test_english_is_used_where_a_file_cannot_be_read(folder: Path, content: bytes) -> None:
    (folder / "de.toml").write_bytes(content)
    load_phrases.cache_clear()

    assert Phrases("de", "UTC").say("alert.old") == ENGLISH["alert.old"]


def test_the_nearest_file_is_used(folder: Path) -> None:
    (folder / "pt.toml").write_text('[alert]\nold = "antigo"\nlabel_old = "velho"\n')
    (folder / "pt_BR.toml").write_text('[alert]\nold = "brasileiro"\n')
    (folder / "zh_Hant.toml").write_text('[alert]\nold = "\u820a"\n')
    written = {locale: Phrases(locale, "UTC").say("alert.old") for locale in ("pt-PT", "pt-BR", "zh-Hant-TW", "zh-CN")}  # fmt: skip

    assert written == {"pt-PT": "antigo", "pt-BR": "brasileiro", "zh-Hant-TW": "\u820a", "zh-CN": ENGLISH["alert.old"]}  # fmt: skip
    assert Phrases("pt-BR", "UTC").say("alert.label_old") == "velho"
    assert Phrases("pt-BR", "UTC").language == "pt-BR"
    assert Phrases("zh-CN", "UTC").language == "en"


@pytest.mark.parametrize(
    ("locale", "forms"),
    [
        ("pl", {1: "one", 2: "few", 5: "many", 22: "few", 112: "many"}),
        ("ar", {0: "zero", 1: "one", 2: "two", 3: "few", 11: "many", 100: "other"}),
        ("ja", {0: "other", 1: "other", 5: "other"}),
        ("lv", {0: "zero", 21: "one", 22: "other"}),
    ],
)
def test_numbers_take_the_forms_of_the_language(
    folder: Path, locale: str, forms: dict[int, str]
) -> None:
    names = {*Locale.parse(locale).plural_form.tags, "other"}
    table = ", ".join(f'{name} = "{name}"' for name in names)
    (folder / f"{locale}.toml").write_text(f"[digest]\nstories = {{ {table} }}\n")

    assert {n: Phrases(locale, "UTC").count("digest.stories", n) for n in forms} == forms


def test_a_right_to_left_language_is_recognised(folder: Path) -> None:
    (folder / "ar.toml").write_text('[alert]\nold = "\u0642\u062f\u064a\u0645"\n')

    assert Phrases("ar-EG", "UTC").direction == "rtl"
    assert (Phrases("he", "UTC").direction, Phrases("he", "UTC").language) == ("ltr", "en")


@pytest.mark.parametrize(
    ("locale", "zone", "written"),
    [
        ("en-GB", "Europe/Berlin", "23 Nov 2026, 19:05 CET"),
        ("en-US", "America/New_York", "Nov 23, 2026, 1:05 PM EST"),
        ("de-AT", "Europe/Vienna", "23.11.2026, 19:05 CET"),
        ("en-GB", "Asia/Dubai", "23 Nov 2026, 22:05 UTC+04"),
        ("en-GB", "America/Sao_Paulo", "23 Nov 2026, 15:05 UTC-03"),
        ("en-GB", "Asia/Kathmandu", "23 Nov 2026, 23:50 UTC+05:45"),
        ("ja", "Asia/Tokyo", "2026/11/24, 3:05 JST"),
    ],
)
def test_an_instant_is_written_as_the_country_does(locale: str, zone: str, written: str) -> None:
    assert Phrases(locale, zone).instant(INSTANT) == written


def test_lengths_of_time_have_two_units() -> None:
    sentences = [Phrases("en-GB", "UTC").span(timedelta(minutes=n)) for n in (0, 59, 61, 2879, 2880, 9000)]  # fmt: skip

    assert sentences == ["0 min", "59 min", "1 h 1 min", "47 h 59 min", "2 days 0 h", "6 days 6 h"]


def test_values_and_phrases_are_escaped_for_html() -> None:
    html = HtmlPhrases("en-GB", "UTC")

    sentences = html.say("footer.for_watch", watch="<b>", query="a & b")
    assert sentences.startswith(
        "Watchword sent this for your watch \u201c&lt;b&gt;\u201d: a &amp; b"
    )


def test_languages_are_utf8_toml_of_sections() -> None:
    for path in FILES:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(isinstance(section, dict) for section in sections.values())
