# names in many scripts
"""Bylines as sites write them: names are kept, and what is written beside them is dropped with its reason."""

import pytest

from crawler.extract.names.pieces import read_pieces, split_names


@pytest.mark.parametrize("text", [
    "Dec 21", "August 8", "21. Dezember 2026", "12 de marzo", "2026年3月4日", "15:36", "27 января", "Sept. 4", "3 Mai", "Updated March 13",
    "4 comments", "+55 more", "51 Comments", "1.5M views", "3 min read", "12 Kommentare", "7 days ago", "100+ articles", "#2", "5 commentaires",
    "Senior Writer", "Editor", "Contributor", "Columnist", "Money Reporter", "Head of Reality Labs", "Redakteurin", "journaliste", "Corresponsal", "корреспондент",
    "Twitter", "Facebook", "LinkedIn", "微博", "ВКонтакте", "تويتر", "RSS", "Telegram", "ツイッター", "X",
    "Share", "WATCH LIVE", "View all posts", "Read more", "Folgen", "Partager", "Поделиться", "شارك", "我已授权", "シェア",
    "责任编辑：", "作者", "編集", "翻訳者", "記者", "Text:", "Foto", "Written by", "Photo by", "Автор",
    "admin", "q_admin", "NOC Admin", "@foxsports", "ann.lee@courier.example", "L_104485", "page.head.extra.author", "105092", "Anonymous", "佚名",
    "We're the team behind it, and we write about ferries", "Ann Lee is the founder of a company", "3 kids and 100 cows",
])  # fmt: skip
def test_what_is_written_beside_a_name_is_no_author(text: str) -> None:
    assert split_names([text]) == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann Lee, Senior Editor", ("Ann Lee",)),
        ("Ann Lee | Contributor | Dec 21", ("Ann Lee",)),
        ("Ann Lee Contributing Writer", ("Ann Lee",)),
        ("Staff writer Ann E. Lee", ("Ann E. Lee",)),
        ("By Ann Lee, updated 4 March 2026 at noon", ("Ann Lee",)),
        ("By Ann Lee Updated by Bo Chen", ("Ann Lee",)),
        ("Von Anna Sleger, Frankfurt", ("Anna Sleger",)),
        ("Chip Marsh | WBEZ", ("Chip Marsh",)),
        ("Ann Lee, The Harbour Journal", ("Ann Lee",)),
        ("Ann Lee, harbour.com", ("Ann Lee",)),
        ("Ann Lee, Associated Press", ("Ann Lee", "Associated Press")),
        ("Ann Lee, dpa", ("Ann Lee", "dpa")),
        ("John Garcia Jr.", ("John Garcia Jr.",)),
        ("Robert E. Moffit, Ph.D.", ("Robert E. Moffit",)),
        ("Ann Lee/Bo Chen", ("Ann Lee", "Bo Chen")),
        ("Lee, Ann", ("Ann Lee",)),
        ("[Ann Lee]", ("Ann Lee",)),
        ("Harbour Staff", ("Harbour Staff",)),
        ("The Harbour Team", ("The Harbour Team",)),
        ("Guardian staff reporter", ("Guardian staff reporter",)),
        ("作者：张三丰", ("张三丰",)),
        ("责任编辑：李大明", ("李大明",)),
        ("作者：张三丰 责任编辑：李大明", ("张三丰",)),
        ("责编：牛镛、岳弘彬", ("牛镛", "岳弘彬")),
        ("记者 王建宏 张文攀", ("王建宏", "张文攀")),
        ("翻訳者 中村 真子", ("中村 真子",)),
        ("著者：後藤大地", ("後藤大地",)),
        ("홍길동 기자", ("홍길동",)),
        ("Text: Ann Lee; Foto: Bo Chen", ("Ann Lee",)),
        ("Автор: Анна Ли", ("Анна Ли",)),
        # a place, a role or a paper behind a dash
        ("حسام أبو العلا - القاهرة", ("حسام أبو العلا",)),
        ("Ann Lee - Cairo", ("Ann Lee",)),
        ("Ann Lee \u2013 Senior Writer", ("Ann Lee",)),
        ("Ann Lee - Reuters", ("Ann Lee", "Reuters")),
        ("Anne-Marie Lee", ("Anne-Marie Lee",)),
        # an agency or a site before a slash
        ("NTB/Ola Nordmann", ("NTB", "Ola Nordmann")),
        ("harbour.is/Ann Lee", ("Ann Lee",)),
        ("Снимка: Иван Петров", ()),
        ("Редактор: Елин Димитров", ("Елин Димитров",)),
        ("facebook.com/harbour", ()),
    ],
)
def test_a_name_is_kept_without_what_stands_beside_it(text: str, names: tuple[str, ...]) -> None:
    assert split_names([text]) == names


def test_the_name_of_the_site_is_no_author_and_says_so() -> None:
    pieces = read_pieces("Ann Lee, Harbour News", houses={"harbournews", "harbour"})

    assert [(piece.name, piece.reason) for piece in pieces] == [
        ("Ann Lee", ""),
        ("Harbour News", "the site's own name"),
    ]
