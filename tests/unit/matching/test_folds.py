"""Signs and numbers that are written in several ways: what is marked, and that index, test and history agree on it."""

from pathlib import Path

import pytest

from crawler.errors import QuerySyntaxError
from crawler.matching.analysis.analyzer import analyze
from crawler.matching.analysis.inflection import keys_of
from crawler.matching.analysis.words import LONGEST_PIECE, cut_pieces, take_apart
from crawler.matching.matcher import compile_watch, holds
from crawler.matching.queries.advice import find_doubts
from crawler.matching.queries.query import parse_query
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Watch
from tests.texts.watching import meet

FILES = sorted((Path(__file__).parents[2] / "texts" / "matching").glob("*-folds.tsv"))


def read_rows(file: Path) -> list[list[str]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("language", "query", "body", "marked"),
    [
        ("zh", "习近平", "中共總書記習近平週三在北京", ["習近平"]),
        ("zh", '"无人机袭击"', "烏克蘭稱無人機襲擊了煉油廠", ["無人機襲擊"]),
        ("ja", "サーバ", "同社のサーバーが攻撃を受けた", ["サーバー"]),
        ("ja", "サーバー", "攻撃でサーバが停止した", ["サーバ"]),
        ("ja", "ベネツィア", "映画祭はヴェネツィアで開幕", ["ヴェネツィア"]),
        ("ja", "ドローン", "軍はﾄﾞﾛｰﾝで攻撃", ["ﾄﾞﾛｰﾝ"]),
        ("th", "น้ำ", "เกิดนํ้าท่วมในภาคใต้", ["นํ้า"]),
        ("th", "แม่", "ข่าวเเม่ของเหยื่อ", ["เเม่"]),
        ("vi", '"hòa bình"', "Đàm phán hoà bình bắt đầu", ["hoà bình"]),
        ("hi", "फोन", "पुलिस ने फ़ोन बरामद किया", ["फ़ोन"]),
        ("he", 'צה"ל', "דובר צה״ל מסר", ["צה״ל"]),
        ("en", '"5 kg"', "a 5kg parcel and another of 5 kg", ["5kg", "5 kg"]),
        ("en", "1000", "some 1,000 people", ["1,000"]),
        ("fr", "1000", "environ 1 000 personnes", ["1 000"]),
        ("de", "1000", "rund 1\u202f000 Menschen", ["1 000"]),
        ("en", "5bn", "a 5 billion loan, or $5bn", ["5 billion", "5bn"]),
        ("en", "5%", "a 5% rise, 5 percent more", ["5%", "5 percent"]),
        ("en", '"F-16"', "two F-16s took off", ["F-16s"]),
    ],
)
def test_the_marks_stand_at_what_the_text_has(
    language: str, query: str, body: str, marked: list[str]
) -> None:
    match = meet(query, body=body, language=language)

    assert match is not None
    assert [match.snippet.text[start:end] for start, end in match.snippet.marks] == marked


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_index_finds_what_the_test_of_a_query_finds(file: Path) -> None:
    for language, query, text, _ in read_rows(file):
        document, compiled = (
            analyze("", text, language=language),
            compile_watch(Watch(id=1, name="w", query=query)),
        )
        index = WatchIndex()
        index.add(compiled)

        assert bool(index.find_holding(document)) is holds(compiled, document), (query, text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_text_has_the_same_words_however_long_it_is_without_a_space(file: Path) -> None:
    for language, _, text, _ in read_rows(file):
        run = "".join(text.split()).lower() * (LONGEST_PIECE // len(text) + 2)
        apart = [part.word for piece in cut_pieces(run) for part in take_apart(piece).parts]
        whole = [part.word for part in take_apart(run).parts]

        assert [keys_of(word, language)[0] for word in apart] == [
            keys_of(word, language)[0] for word in whole
        ]


@pytest.mark.parametrize(
    ("query", "body", "is_found"),
    [
        ("サーバー*", "サーバーラック", True),
        ("サーバ*", "サーバーラック", True),
        ("=ハマス*", "ハマスタ", True),
        ("=ハマス", "ハマスタ", False),
        ("=ハマス", "ハマスが", True),
        ("ス*", "スキー", True),
    ],
)
def test_a_star_lets_a_run_of_katakana_go_on(query: str, body: str, is_found: bool) -> None:
    assert (meet(query, body=body, language="ja") is not None) is is_found


def test_characters_of_japanese_and_korean_texts_stay_as_they_are() -> None:
    assert meet("發展", body="发展", language="zh")
    assert meet("發展", body="发展", language="")
    assert not meet("發展", body="发展", language="ja")
    assert not meet("國", body="国", language="ko")


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ('צה"ל', 'צה"ל'),
        ('צה"ל OR חמאס', 'צה"ל OR חמאס'),
        ('"כוחות צה"ל" -ארה"ב', '"כוחות צה"ל" AND NOT ארה"ב'),
        ('title:צה"ל', 'title:צה"ל'),
        ('"צה"ל"', '"צה"ל"'),
    ],
)
def test_a_quotation_mark_inside_a_hebrew_word_opens_no_quote(query: str, read: str) -> None:
    assert str(parse_query(query)).replace(" AND NOT", " NOT") == read.replace(" AND NOT", " NOT")


def test_a_quotation_mark_before_a_hebrew_word_opens_one() -> None:
    with pytest.raises(QuerySyntaxError, match="this quote is never closed"):
        parse_query('"ישראל חמאס')


@pytest.mark.parametrize("query", ["US troops", "WHO", "AID OR aid", "(IT NEAR/3 staff)"])
def test_an_abbreviation_that_is_a_word_is_doubted(query: str) -> None:
    word = next(word.strip("(") for word in query.split() if word.strip("(").isupper())

    assert (
        f"`{word}` also finds the word {word.lower()}; `={word}` finds only {word} in capitals"
        in find_doubts(query)
    )


@pytest.mark.parametrize("query", ["=US troops", "us troops", "NATO", "US*", '"US Army"', "F16"])
def test_other_words_are_not_doubted(query: str) -> None:
    assert not [doubt for doubt in find_doubts(query) if "in capitals" in doubt]
