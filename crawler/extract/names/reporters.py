# names and labels in Chinese, Japanese and Korean
"""Finding who wrote a text in lines of Chinese, Japanese and Korean, where the name stands in a sentence-like line or at the end.

Such papers seldom name the author in their data; on 25 of 38 Chinese pages the only place was a line like these.
"""

import re
from collections.abc import Iterator

from crawler.extract.names.words import SURNAMES

# who reports, in simplified and traditional Chinese
_ROLE = (
    r"(?:记者|記者|特派员|特派員|通讯员|通訊員|特约撰稿人|撰稿人|实习生|實習生|特约记者|编译|編譯)"
)
# names: two to four signs each, Tibetan and foreign ones up to eight; a space, a comma or a dot is between them
_NAME = rf"(?!{_ROLE}|责任|責任|责编|编辑|編輯|来源|來源)[一-鿿]{{2,4}}"
_NAMES = rf"{_NAME}(?:[\s、，,]+{_NAME}){{0,6}}(?:·{_NAME})?"
_SPACED = re.compile(rf"{_ROLE}(?P<gap>\s*[:：]?\s*)(?P<names>{_NAMES})")
# 光明日报记者 王建宏 张文攀 / （总台记者 张倩） / □ 本报记者 葛灵丹 / 聯合報 記者林宸誼／即時報導 / 记者马俊峰/文受访者供图
_LINE = re.compile(
    rf"[\W_]*(?:[\d:./年月日-]+\s*){{0,2}}(?:[\w·:]{{0,20}}\s)?[\w·]{{0,16}}?{_ROLE}(?P<gap>\s*[:：]?\s*)(?P<names>{_NAMES})"
    rf"(?P<more>(?:\s*{_ROLE}\s*(?:{_NAMES}))*)\s*(?:(?:[/／]|报道|報導|報道|文)[\w／/]{{0,16}})?[\W_]*"
)
# within a sentence: 新华社北京2月3日电（记者张三、李四）; not of who took a picture (摄)
_IN_BRACKETS = re.compile(
    rf"[（(〔【\[][^（()）〔〕]{{0,12}}?{_ROLE}(?P<gap>\s*[:：]?\s*)(?P<names>{_NAMES})(?P<more>[^（()）〕\]]{{0,40}})[)）〕】\]]"
)
# 文/张三  文丨张三  撰文｜張三  文＝山田太郎  文● オカモト
_TEXT_BY = re.compile(
    r"[\W_]*(?:撰文|文字|取材・文|文・写真|写真・文|執筆|文)\s*[/／|｜丨●＝=:：]\s*(?P<name>[一-鿿\u3040-\u30ffー]{2,8}(?:[ 　][一-鿿\u3040-\u30ff]{1,4})?)(?:[/／、].{0,20})?"
)
# a Taiwanese agency joins name and place: 中央社記者王小明台北1日電
_AGENCY_PLACE = re.compile(r"[（(][一-鿿]{2,6}記者(?P<name>[一-鿿]{3})[一-鿿]{2}\d{1,2}日電[)）]")
# beside date and source: 时间：2004年10月21日14:18 作者：郭励弘
_AUTHOR = re.compile(rf"作者\s*[:：]\s*(?P<names>{_NAMES})(?=[\s|｜]|来源|來源|编辑|$)")
# the last line: （袁源）
_ALONE = re.compile(r"[（(]\s*(?P<name>[一-鿿]{2,3})\s*[)）]")
# 【ソウル＝小池和樹】, （ワシントン＝山田太郎）
_JAPANESE = re.compile(
    r"[【（(〔][\w・、]{1,12}[＝=](?P<name>[一-鿿]{2,4}[ 　]?[一-鿿\u3040-\u309f]{1,4})[】）)〕]"
)
# (서울=연합뉴스) 홍길동 기자 =  /  최윤호 기자 uknow@donga.com  /  홍길동·김철수 특파원
_KOREAN = re.compile(
    r"(?:^|[\]\)=\s])(?P<names>[가-힣]{2,4}(?:[·,\s]\s*(?!선임|수습|인턴)[가-힣]{2,4}){0,3})\s*(?:선임기자|수습기자|인턴기자|기자|특파원|논설위원)\s*(?:=|[\w.+-]+@|[(/]|$)"
)
_CUE = re.compile(
    rf"{_ROLE}|기자|특파원|논설위원|作者\s*[:：]|(?:文|執筆|文字|写真)\s*[/／|｜丨●＝=:：]|[＝=][一-鿿 　]{{3,9}}[】）)]|^[（(][一-鿿]{{2,3}}[)）]$"
)
# words that stand behind a role and are no names
_NO_NAMES = frozenset(
    [
        "日前",
        "近日",
        "从",
        "在",
        "了解",
        "获悉",
        "獲悉",
        "采访",
        "採訪",
        "报道",
        "報導",
        "報道",
        "摄",
        "攝",
        "表示",
        "证",
        "證",
        "会",
        "會",
        "团",
        "團",
        "节",
        "節",
        "站",
        "们",
        "們",
    ]
)
_MOST_CHARACTERS = 60


def find_reporters(text: str, *, is_end: bool = False) -> tuple[str, ...]:
    """Return the names of those who wrote a text, as one of its lines states them; empty if it states none.

    text    a line or a paragraph; of a paragraph only what is in brackets counts, and a Korean or Japanese beginning
    is_end  whether it is the last line, where a name in brackets is the author's
    """
    if _CUE.search(text) is None:
        return ()
    return tuple(dict.fromkeys(_walk(text, is_end)))


def ends_with_role(text: str) -> bool:
    """Return whether a text ends with a role such as 本报记者, whose name follows."""
    return re.search(rf"{_ROLE}$", text) is not None


def _walk(text: str, is_end: bool) -> Iterator[str]:
    is_line = len(text) <= _MOST_CHARACTERS
    if (alone := _ALONE.fullmatch(text)) and is_end and alone["name"][0] in SURNAMES:
        yield alone["name"]
    elif beginning := _AGENCY_PLACE.match(text) or _JAPANESE.match(text):
        yield beginning["name"]
    elif is_line and (by := _TEXT_BY.fullmatch(text)):
        yield by["name"]
    elif korean := _KOREAN.search(text[:_MOST_CHARACTERS]):
        yield from re.split(r"[\u00b7,\s]+", korean["names"].strip())
    else:
        found = (_LINE.fullmatch(text) or _AUTHOR.search(text)) if is_line else None
        yield from _walk_chinese(found or _IN_BRACKETS.search(text))


def _walk_chinese(found: re.Match[str] | None) -> Iterator[str]:
    """Yield the names of a list and of those that follow with roles of their own."""
    if found is None:
        return
    yield from _chinese(found)
    for more in _SPACED.finditer(found.groupdict().get("more") or ""):
        yield from _chinese(more)


def _chinese(found: re.Match[str]) -> Iterator[str]:
    """Yield the names of a list; one that is joined to the role counts only if it begins with a surname."""
    if found.groupdict().get("gap") == "" and found["names"][0] not in SURNAMES:
        return
    for name in re.split(r"[\s、，,]+", found["names"]):
        if name and not any(word in name for word in _NO_NAMES):
            yield name
