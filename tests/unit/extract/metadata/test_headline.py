# titles in many scripts
"""The headline: without the name of the site, and the page's own h1 rather than another form of it."""

import pytest

from crawler.extract.metadata.site_names import is_site, without_site
from tests.unit.extract.test_article import PROSE, understand


@pytest.mark.parametrize(
    ("title", "site", "shown"),
    [
        ("Ferry leaves late - The Courier", "The Courier", "Ferry leaves late"),
        ("Ferry leaves late | Courier", "The Courier", "Ferry leaves late"),
        ("Fähre fährt – und kommt zu spät – Der Kurier", "Der Kurier", "Fähre fährt – und kommt zu spät"),
        ("Le bac part en retard » Le Courrier", "Le Courrier", "Le bac part en retard"),
        ("渡轮晚点四十分钟-新华网", "新华网", "渡轮晚点四十分钟"),
        ("渡轮晚点四十分钟_证券时报", "", "渡轮晚点四十分钟"),
        ("渡轮晚点四十分钟--人民网", "", "渡轮晚点四十分钟"),
        ("渡轮晚点四十分钟_新浪房产", "", "渡轮晚点四十分钟"),
        ("フェリーが遅れた理由：港日報", "港日報", "フェリーが遅れた理由"),
        ("Паром опоздал на час — Вестник", "Вестник", "Паром опоздал на час"),
        ("Το πλοίο άργησε | Εφημερίδα", "Εφημερίδα", "Το πλοίο άργησε"),
        ("العبارة تتأخر ساعة - البريد", "البريد", "العبارة تتأخر ساعة"),
        ("Opinion | The ferry is late", "", "The ferry is late"),
        ("The ferry is late | Editorial", "", "The ferry is late"),
        ("Courier - The ferry is late", "@courier", "The ferry is late"),
        # no names of the site
        ("Ferry leaves late - and nobody knows", "The Courier", "Ferry leaves late - and nobody knows"),
        ("Opinion: the ferry is late", "", "Opinion: the ferry is late"),
        ("港口-渡轮晚点四十分钟", "", "港口-渡轮晚点四十分钟"),
        ("Well-known ferry", "known ferry", "Well-known ferry"),
        ("The Courier", "The Courier", "The Courier"),
    ],
)  # fmt: skip
def test_a_title_is_shown_without_the_name_of_its_site(title: str, site: str, shown: str) -> None:
    assert without_site(title, [site]) == shown


def test_a_logo_is_nothing_but_the_name_of_the_site() -> None:
    assert is_site("COURIER Courier Logo", ["Courier"])
    assert not is_site("Courier wins prize", ["Courier"])


def headline(h1: str, *, title: str = "", og: str = "", ld: str = "", site: str = "") -> str:
    head = f"<title>{title}</title>"
    head += f'<meta property="og:title" content="{og}">' if og else ""
    head += f'<meta property="og:site_name" content="{site}">' if site else ""
    head += f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{ld}"}}</script>' if ld else ""  # fmt: skip
    body = "".join(f"<p>{n} {PROSE}</p>" for n in ("First", "Then", "Next", "Last"))
    return understand(f"<html><head>{head}</head><body><h1>{h1}</h1>{body}</body></html>".encode()).headline  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"h1": "Ferry leaves late", "og": "Ferry leaves late | Courier"}, "Ferry leaves late"),
        # shown otherwise than stated
        ({"h1": "Forty wait on the quay for a ferry", "og": "Ferry keeps forty on the quay"}, "Forty wait on the quay for a ferry"),
        ({"h1": "Forty wait on the quay", "ld": "Forty wait on the quay at noon, says Courier"}, "Forty wait on the quay"),
        # kickers
        ({"h1": "Harbour Forty wait on the quay", "og": "Forty wait on the quay"}, "Forty wait on the quay"),
        ({"h1": "Harbour - Forty wait on the quay today", "og": "Kiel: Forty wait on the quay today"}, "Forty wait on the quay today"),
        # a kicker that is the name of an agency, and sections before the name of the site
        ({"h1": "Forty wait on the quay", "og": "Harbour News - Forty wait on the quay"}, "Forty wait on the quay"),
        ({"h1": "ورود 50 هزار میلیارد تومان", "og": "خبرگزاری آریا - ورود 50 هزار میلیارد تومان"}, "ورود 50 هزار میلیارد تومان"),
        ({"h1": "Menu", "og": "Forty wait on the quay | Harbour | Region | Courier", "site": "Courier"}, "Forty wait on the quay"),
        ({"h1": "Menu", "og": "Forty wait | And nobody on the quay knows why | Courier", "site": "Courier"}, "Forty wait | And nobody on the quay knows why"),
        ({"h1": "Menu", "og": "Forty wait on the quay | Harbour"}, "Forty wait on the quay | Harbour"),
        # no headline of this article
        ({"h1": "Courier", "title": "Ferry leaves late - Courier", "site": "Courier"}, "Ferry leaves late"),
        ({"h1": "Courier", "title": "Courier", "og": "Ferry leaves late", "site": "Courier"}, "Ferry leaves late"),
        ({"h1": "Return to main site", "og": "Ferry leaves late"}, "Ferry leaves late"),
        ({"h1": "Original text", "title": "Ferry leaves late"}, "Ferry leaves late"),
        # a name in a script without spaces, in which words cannot be counted
        ({"h1": "뉴스타파", "title": "[주간 뉴스타파] 부모를 빼앗긴 아기들", "og": "[주간 뉴스타파] 부모를 빼앗긴 아기들"}, "[주간 뉴스타파] 부모를 빼앗긴 아기들"),
        ({"h1": "松花江网", "title": "土豆不土，土豆无土 松花江网"}, "土豆不土，土豆无土 松花江网"),
        ({"h1": "渡轮晚点四十分钟以后", "og": "渡轮晚点了", "title": "渡轮晚点了"}, "渡轮晚点四十分钟以后"),
        ({"h1": "好奇心日报", "title": "渡轮晚点四十分钟_好奇心日报", "site": "好奇心日报"}, "渡轮晚点四十分钟"),
    ],
)  # fmt: skip
def test_the_headline_is_the_one_shown_for_this_article(claims: dict[str, str], shown: str) -> None:
    assert headline(**claims) == shown


def page(inside: str, *, title: str = "", og: str = "", ld: str = "") -> str:
    head = f"<title>{title}</title>"
    head += f'<meta property="og:title" content="{og}">' if og else ""
    head += f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{ld}"}}</script>' if ld else ""  # fmt: skip
    body = "".join(f"<p>{n} {PROSE}</p>" for n in ("First", "Then", "Next", "Last"))
    html = f"<html><head>{head}</head><body>{inside}{body}</body></html>"
    return understand(html.encode(), url="https://courier.example/2024/ferry").headline


TRAIL = "Ferry Kiel: Why it left so late"
SHOWN = "Forty wait on the quay"


@pytest.mark.parametrize(
    "trail",
    [
        '<nav aria-label="Breadcrumb"><ol><li>Harbour</li><li><h1>{}</h1></li></ol></nav>',
        '<div class="breadcrumbs"><h1 aria-current="page">{}</h1></div>',
        '<h1 class="c-Breadcrumb__title">{}</h1>',
        '<h1 class="nowrap" data-breadcrumb-headline="">{}</h1>',
        '<h1 class="seotitle">{}</h1>',
        '<ol itemtype="https://schema.org/BreadcrumbList"><li><span><h1>{}</h1></span></li></ol>',
    ],
)
@pytest.mark.parametrize(
    ("below", "og", "ld"),
    [
        # the headline over the text is an h2, and JSON-LD or og:title says the same
        (f"<h2>{SHOWN}</h2>", TRAIL, SHOWN),
        (f"<h2>{SHOWN}</h2>", SHOWN, TRAIL),
        (f"<h2>More from the harbour</h2><h2>{SHOWN}</h2>", SHOWN, ""),
        # nothing over the text: what is said in other words than in the trail
        ("", SHOWN, TRAIL),
        ("", TRAIL, SHOWN),
    ],
)
def test_the_end_of_a_breadcrumb_trail_is_not_the_headline(
    trail: str, below: str, og: str, ld: str
) -> None:
    shown = page(trail.format(TRAIL) + below, title=f"{TRAIL} | Courier", og=og, ld=ld)

    assert shown == SHOWN


def test_the_end_of_a_breadcrumb_trail_is_the_headline_if_nothing_else_is() -> None:
    assert page(f'<nav class="breadcrumb"><h1>{TRAIL}</h1></nav>') == TRAIL
    assert page(f'<nav class="breadcrumb"><h1>{TRAIL}</h1></nav><h2>Advertisement</h2>', title=TRAIL, og=TRAIL) == TRAIL  # fmt: skip


@pytest.mark.parametrize(
    "logo",
    [
        '<h1><a href="/">Lessons Learned</a></h1>',
        '<h1 class="title"><a href="https://courier.example"> </a><a href="https://courier.example/">Lessons Learned</a></h1>',
        '<h1><a href="https://courier.example/index.html">Lessons Learned</a></h1>',
    ],
)
@pytest.mark.parametrize("data", [{"og": "The ferry"}, {}])
def test_an_h1_that_links_to_the_home_page_is_the_name_of_the_site(
    logo: str, data: dict[str, str]
) -> None:
    assert page(logo, title="Lessons Learned: The ferry", **data).removeprefix("Lessons Learned: ") == "The ferry"  # fmt: skip


@pytest.mark.parametrize("link", ["/2024/ferry", "https://elsewhere.example/", "#top", "/?p=7"])
def test_an_h1_that_links_elsewhere_may_be_the_headline(link: str) -> None:
    assert page(f'<h1><a href="{link}">{SHOWN}</a></h1>', title=f"{SHOWN} - Courier", og=TRAIL) == SHOWN  # fmt: skip


def test_a_colon_marked_by_itself_stands_close_to_its_word() -> None:
    assert page("<h1><span>Harbour</span><span>:</span> <span>Forty wait</span></h1>", title="Harbour: Forty wait") == "Harbour: Forty wait"  # fmt: skip
