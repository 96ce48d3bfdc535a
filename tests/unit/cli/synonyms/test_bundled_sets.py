"""The synonym sets that come with Watchword: their shape, and that texts in other spellings are found with them."""

import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.matching.queries.synonyms import spelling_key
from tests.texts.watching import meet
from tests.unit.cli.test_cli import ROOT
from watchword.spellings.bundled import list_bundled_sets

SETS = {one.name: one.words for one in list_bundled_sets()}
FILES = sorted((ROOT / "seeds" / "synonyms").glob("*.toml"))
# common words of some language, or parts of other words; each was in a set once
AMBIGUOUS = [
    "WHO",
    "UN",
    "NATO",
    "EU",
    "AI",
    "Turkey",
    "Iran",
    "Burma",
    "Kabul",
    "Ankara",
    "Gaza",
    "Mosca",
    "Damas",
    "Krim",
    "Seúl",
    "Krone",
    "חומס",
    "עזה",
    "قاعدة",
    "القاعدة",
    "الأسد",
    "حماس",
    "حمص",
    "دوشنبه",
    "가자",
    "대만",
    "원유",
    "新冠",
    "政变",
    "北约",
    "人质",
    "リビア",
    "シリア",
    "ウィーン",
    "Вена",
    "Газа",
]


def test_there_are_many_sets_and_each_name_is_given_once() -> None:
    assert len(SETS) >= 140
    assert len(SETS) == len(list_bundled_sets())


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_spellings_that_differ(name: str) -> None:
    words = SETS[name]

    assert 2 <= len(words) <= 50
    assert len({spelling_key(word.removeprefix("=")) for word in words}) == len(words)


def test_the_sets_reach_into_ten_scripts() -> None:
    scripts = {
        unicodedata.name(sign).split()[0]
        for words in SETS.values()
        for sign in "".join(words)
        if sign.isalpha()
    }

    common = {"LATIN", "CYRILLIC", "ARABIC", "HEBREW", "GREEK", "CJK", "KATAKANA", "HANGUL"}
    assert common | {"DEVANAGARI", "THAI", "BENGALI"} <= scripts


def test_no_word_stands_in_two_sets() -> None:
    where = Counter(spelling_key(word) for words in SETS.values() for word in words)

    assert [word for word, count in where.items() if count > 1] == []


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_a_word_that_means_something_else_somewhere_is_in_no_set(word: str) -> None:
    having = [
        name for name, words in SETS.items() if spelling_key(word) in map(spelling_key, words)
    ]

    assert having == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_sets_is_a_configuration(file: Path, tmp_path: Path) -> None:
    names = [one["name"] for one in tomllib.loads(file.read_text(encoding="utf-8"))["synonyms"]]
    listed = ", ".join(f'"{name}"' for name in names)
    (tmp_path / "sets.toml").write_bytes(file.read_bytes())
    (tmp_path / "watch.toml").write_text(
        f'[[watch]]\nname = "all"\nquery = "news"\nsynonyms = [{listed}]\n'
    )

    assert [one.name for one in load_config(tmp_path, environ={}).synonyms] == names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_second_source_is_named_above_each_set(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    checked = re.findall(r"^# checked: \w.*\n(?:#.*\n)*\[\[synonyms\]\]$", text, re.MULTILINE)
    assert len(checked) == text.count("[[synonyms]]\n")


# set, query, language of the article, its text
FOUND = [
    ("kyiv", "Kyiv", "ru", "Ночью в Киеве прозвучали взрывы."),
    ("kyiv", "Kiew", "zh", "基辅市长星期一表示，供电已经恢复。"),
    ("kyiv", "Kyiv", "ja", "キーウでは電力が復旧した。"),
    ("odesa", "Odessa", "uk", "Порт Одеса знову працює."),
    ("gaza", "Gaza", "ar", "دخلت الشاحنات إلى غزة صباح اليوم."),
    ("gaza", "غزة", "he", "הסיוע נכנס אל רצועת עזה הבוקר."),
    ("zelensky", "Zelenskyy", "de", "Präsident Selenskyj reist nach Berlin."),
    ("zelensky", "Zelensky", "ko", "젤렌스키 대통령이 베를린을 방문했다."),
    ("xi-jinping", "Xi Jinping", "zh", "習近平星期二抵達河內。"),
    ("putin", "Путин", "ar", "وصل الرئيس بوتين إلى أنقرة."),
    ("erdogan", "Erdogan", "el", "Ο Ερντογάν μίλησε στη Βουλή."),
    ("netanyahu", "Netanyahu", "fr", "Le premier ministre Nétanyahou a parlé hier."),
    ("hezbollah", "Hezbollah", "es", "El grupo Hezbolá lo negó."),
    ("hezbollah", "Hisbollah", "he", "חיזבאללה הכחיש את הידיעה."),
    ("drone", "drone", "de", "Über dem Hafen wurden Drohnen gesehen."),
    ("drone", "UAV", "ru", "Над портом заметили беспилотник."),
    ("drone", "UAV", "zh", "港口上空发现无人机。"),
    ("drone", "drone", "tr", "Limanda bir insansız hava aracı görüldü."),
    ("ceasefire", "ceasefire", "de", "Die Waffenruhe hielt bis zum Morgen."),
    ("ceasefire", "ceasefire", "ar", "أعلن الطرفان وقف إطلاق النار."),
    ("nato", "NATO", "fr", "Les ministres de l'OTAN se réunissent."),
    ("nato", "НАТО", "en", "Ministers of NATO met on Monday."),
    ("who", "WHO", "es", "La OMS pidió más vacunas."),
    ("united-nations", "ООН", "en", "The UN sent observers."),
    ("turkiye", "Türkiye", "en", "Turkey opened the border."),
    ("myanmar", "Myanmar", "en", "Refugees from Burma crossed the river."),
    ("iran", "Иран", "de", "Irans Nachbar Iran antwortete."),
    ("crimea", "Crimea", "de", "Der Streit um die Krim dauert an."),
    ("ai", "artificial intelligence", "de", "Die KI schreibt den Text."),
    ("earthquake", "earthquake", "tr", "Sabah bir deprem oldu."),
    ("election", "election", "uk", "Вибори відбудуться в неділю."),
]
# words of other languages that a set must not find
APART = [
    ("nato", "OTAN", "it", "È nato a Roma un nuovo museo."),
    ("who", "OMS", "en", "The man who opened the museum."),
    ("united-nations", "ONU", "fr", "Il y a un musée à Rome."),
    ("turkiye", "Türkiye", "en", "They ate turkey at noon."),
    ("ai", "IA", "fr", "J'ai vu la mer."),
    ("iran", "Иран", "es", "Los ministros irán a Roma."),
    ("nato", "OTAN", "zh", "地震发生在台北以北约20公里处。"),
    ("vienna", "Wien", "ja", "ハロウィーンの夜。"),
    ("gaza", "غزة", "ru", "Цена газа выросла."),
    ("gaza", "Gaza", "ko", "집에 가자고 말했다."),
    ("seoul", "Seoul", "fr", "Il est seul au monde."),
    ("libya", "Libya", "ja", "ボリビアの大統領が辞任した。"),
    ("syria", "Syria", "ja", "シリアスな問題だ。"),
    ("taiwan", "Taiwan", "ko", "기대만큼 좋았다."),
    ("kabul", "Kaboul", "tr", "Teklifi kabul etti."),
]


def find(name: str, query: str, language: str, text: str) -> bool:
    return meet(query, body=text, language=language, synonyms=(SETS[name],)) is not None


@pytest.mark.parametrize(("name", "query", "language", "text"), FOUND)
def test_a_text_in_another_spelling_is_found(
    name: str, query: str, language: str, text: str
) -> None:
    quoted = f'"{query}"' if " " in query else query

    assert find(name, quoted, language, text)
    assert meet(quoted, body=text, language=language) is None, "found without the set"


@pytest.mark.parametrize(("name", "query", "language", "text"), APART)
def test_a_set_finds_no_other_word(name: str, query: str, language: str, text: str) -> None:
    assert not find(name, query, language, text)
