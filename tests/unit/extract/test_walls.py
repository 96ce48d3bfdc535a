"""Walls that answer 200, recognised on a single page; and short, odd or renamed pages that are articles."""

import time
from contextlib import suppress

import pytest

from crawler.errors import NotAnArticle, NotYet
from crawler.extract.article import extract_article
from crawler.model.article import Article, Page, PageEntry
from tests.fakes import START

TITLE = "Council closes two libraries in Westhaven"
ASKED = "https://post.example/news/council-closes-two-libraries"
PROSE = (
    "The council of Westhaven voted on Monday to close two of its five libraries, after a debate of four hours in which "
    "forty readers spoke. The doors shut at the end of March, and the books go to the three houses that stay."
)


def html(heading: str, *paragraphs: str, head: str = "", more: str = "") -> bytes:
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return f"<!doctype html><html><head><meta charset=utf-8><title>{heading} | Post</title>{head}</head><body><main><h1>{heading}</h1>{text}{more}</main></body></html>".encode()


def read(
    body: bytes, *, title: str = TITLE, asked: str = ASKED, came: str | None = None, text: str = ""
) -> Article:
    page = Page(
        url=came or asked,
        requested_url=asked,
        body=body,
        content_type="text/html; charset=utf-8",
        fetched_at=START,
        visit_id=1,
        source_id=1,
        entry_id=1,
        entry=PageEntry(title=title, text=text),
    )
    return extract_article(page)


WALLS = {
    "hungarian, gone": ("Az oldal nem található", "A keresett oldal nem található, lehet, hogy törölték vagy áthelyezték egy másik címre. Kérjük, térjen vissza a kezdőlapra, vagy használja a keresőt az oldal tetején, köszönjük a megértését."),
    "finnish, maintenance": ("Huoltokatko", "Sivustolla tehdään parhaillaan huoltotöitä. Palaamme pian takaisin, ja kiitämme kärsivällisyydestä. Kokeile hetken kuluttua uudelleen, tai seuraa meitä sillä välin muissa kanavissa, joissa kerromme lisää."),
    "greek, region": ("Μη διαθέσιμο", "Το περιεχόμενο αυτό δεν είναι διαθέσιμο στη χώρα από την οποία επισκέπτεστε τη σελίδα. Λυπούμαστε για την αναστάτωση και ελπίζουμε ότι σύντομα θα μπορέσουμε να σας εξυπηρετήσουμε και εσάς."),
    "thai, gone": ("ไม่พบหน้า", "ขออภัย ไม่พบหน้าที่คุณกำลังมองหา หน้านี้อาจถูกลบ เปลี่ยนชื่อ หรือไม่สามารถใช้งานได้ชั่วคราว โปรดกลับไปที่หน้าแรกหรือใช้ช่องค้นหาด้านบนของหน้าเว็บ ขอบคุณ"),
    "arabic, gone": ("الصفحة غير موجودة", "عذرا، الصفحة التي تبحث عنها غير موجودة أو تم نقلها إلى عنوان آخر أو حذفت. يرجى العودة إلى الصفحة الرئيسية أو استخدام مربع البحث في أعلى الصفحة للعثور على ما تريد، وشكرا لكم على تفهمكم."),
    "korean, gone": ("페이지를 찾을 수 없습니다", "요청하신 페이지를 찾을 수 없습니다. 페이지가 삭제되었거나 이름이 변경되었거나 일시적으로 사용할 수 없는 상태일 수 있습니다. 홈으로 돌아가거나 검색을 이용해 주시기 바랍니다. 감사합니다."),
    "hebrew, login": ("כניסה לאתר", "כדי להמשיך לקרוא יש להתחבר לחשבון. אם אין לכם חשבון עדיין, ההרשמה אורכת דקה אחת בלבד ואינה עולה כסף. שכחתם את הסיסמה? נשלח לכם קישור בדואר האלקטרוני ותוכלו לבחור סיסמה חדשה מיד."),
    "icelandic, gone": ("Síða fannst ekki", "Síðan sem þú leitar að er ekki til, eða hún hefur verið færð eða fjarlægð af vefnum. Farðu aftur á forsíðuna og reyndu að finna efnið þar, eða notaðu leitina efst á síðunni, takk fyrir þolinmæðina."),
    "english, quota": ("Slow down, please", "We have seen a great number of visits from where you are and have paused them for a little while. Come back in some minutes, and write to our help desk with the number below if you think that this is a mistake."),
    "vietnamese, gone": ("Không tìm thấy trang", "Trang bạn đang tìm không tồn tại hoặc đã bị xóa khỏi hệ thống của chúng tôi. Vui lòng quay lại trang chủ hoặc dùng ô tìm kiếm ở phía trên để tiếp tục đọc tin tức khác, xin cảm ơn bạn."),
}  # fmt: skip


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_in_any_language_is_refused_for_now(name: str) -> None:
    heading, text = WALLS[name]

    with pytest.raises(NotYet, match="wall|not there"):
        read(html(heading, text))


LONG = (
    "Readers of our coverage support a newsroom of forty people who work every day of the year. "
    * 8
)


@pytest.mark.parametrize(
    ("came", "more"),
    [
        ("https://post.example/account/login?next=/news/council-closes-two-libraries", ""),
        ("https://post.example/a?return=https%3A%2F%2Fpost.example%2Fnews%2Fcouncil-closes-two-libraries", ""),
        ("https://login.post.example/", "<input type=password>"),
        ("https://konto.post.example/anmelden.php?ziel=%252Fnews%252Fcouncil-closes-two-libraries", ""),
        ("https://consent.example/v2/collect", ""),
        ("https://post.example/", "<input type='PASSWORD' name=p>"),
        ("https://post.example/news/", ""),
    ],
)  # fmt: skip
def test_another_address_with_a_long_text_is_a_wall(came: str, more: str) -> None:
    with pytest.raises(NotYet, match="answered in place of"):
        read(html("Your reading", LONG, LONG, more=more), came=came)


@pytest.mark.parametrize("mark", [
    "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script><div id='cf-chl-widget'></div>", "<div id=px-captcha></div>",
    "<script src='https://geo.captcha-delivery.com/captcha/'></script>", "<div id='sec-if-cpt-container'></div>",
    "<script src='https://www.sedoparking.com/frmpark/'></script>",
])  # fmt: skip
def test_the_markup_of_a_robot_check_is_a_wall_even_without_an_announced_title(mark: str) -> None:
    text = "One more step before you go on to the page that you have asked us for, this is going to take only a few seconds of your time."

    with pytest.raises(NotYet, match="robot check|parked"):
        read(html("One more step", text, more=mark), title="", asked="https://post.example/x")


def test_noindex_and_a_password_count_where_the_title_is_half_repeated() -> None:
    text = " ".join(
        ["Westhaven members read on with their card, which the desk in the hall hands out."] * 7
    )
    signs = {"head": "<meta name=robots content='noindex,follow'>", "more": "<input type=password>"}

    read(html("Your card", text))
    with pytest.raises(NotYet):
        read(html("Your card", text, **signs))


ARTICLES = {
    "rewritten": (html("Readers lose two houses of books", PROSE), TITLE, ASKED),
    "rewritten, no word of it in heading or address": (html("Shock at the town hall", PROSE), TITLE, "https://post.example/n/7"),
    "one sentence": (html(TITLE, "The council of Westhaven will close two of its five libraries at the end of March, it decided by a narrow vote on Monday night."), TITLE, ASKED),
    "translated, with an author": (html("Westhaven ferme deux bibliothèques", PROSE, more="<p class=author>Par Anne Lefèvre</p>", head="<meta name=author content='Anne Lefèvre'>"), "市議会が図書館を閉鎖", "https://post.example/n/7"),
    "translated, says so to machines": (html("Zwei Häuser schließen", "Der Rat hat am Montag beschlossen, zwei der fünf Häuser zu schließen, nach einer Aussprache von vier Stunden, in der vierzig Leute sprachen.", head="<meta property='og:type' content='article'>"), TITLE, "https://post.example/n/7"),
    "obituaries": (html("Death notices", "Anna Berg, 91, of Westhaven. John Miller, 82, fisherman. Mary Lund, 77, teacher at the school by the quay for forty years."), "John Miller, fisherman", "https://post.example/o/7"),
    "about logins": (html("Log in, please: a life of passwords", PROSE, more="<input type=password>"), "Log in, please: a life of passwords", ASKED),
    "about 404": (html("404, or the art of not being there", PROSE.replace("two", "four")), "404, or the art of not being there", "https://post.example/n/404"),
    "about cookies": (html("Minister: cookies need no consent", PROSE), "Minister: cookies need no consent", "https://post.example/n/9"),
    "no headline announced": (html("Shock at the town hall", PROSE), "", "https://post.example/n/7"),
    "a label announced": (html("Shock at the town hall", PROSE), "Update", "https://post.example/n/7"),
    "a number announced": (html("Shock at the town hall", PROSE), "Entry 12", "https://post.example/n/7"),
    "russian under a latin address": (html("Шок в ратуше", "Совет проголосовал в понедельник за закрытие двух из пяти библиотек города после четырехчасовых дебатов, в которых выступили сорок читателей и трое учителей."), "", "https://post.example/novosti/dve-biblioteki-zakryvayut"),
    "the headline in no heading": (b"<html><head><title>Council of Westhaven</title></head><body><div class=t>" + TITLE.encode() + b"</div><p>It was decided on Monday, by nine votes to seven, that the doors of both will be shut at the end of March, after a long debate.</p></body></html>", TITLE, "https://post.example/n/7"),
    "the feed's own text": (html("Shock at the town hall", PROSE), "Bibliotheken", "https://post.example/n/7"),
    "live blog": (html("Live: storm over the coast", *(f"10:{n}0 The harbour master reports waves of {n} metres." for n in range(5))), "Storm Anna: ferries stop", "https://post.example/live/storm-anna"),
    "a login box beside it": (html(TITLE, PROSE, more="<form><input type=password></form>"), TITLE, ASKED),
    "noindex": (html(TITLE, PROSE, head="<meta name=robots content=noindex>"), TITLE, ASKED),
}  # fmt: skip


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_is_kept_whatever_it_is_called(name: str) -> None:
    body, title, asked = ARTICLES[name]

    assert read(body, title=title, asked=asked, text=PROSE if "feed" in name else "").body


@pytest.mark.parametrize(("asked", "came"), [
    ("https://agg.example/rss/articles/CBMiK2h0?oc=5", "https://post.example/2026/11/council-closes-two-libraries"),
    ("https://post.example/?p=24", "https://post.example/2026/11/council-closes-two-libraries/"),
    ("http://post.example/news/4711", "https://www.post.example/westhaven/libraries-4711.html"),
    ("https://post.example/amp/council-closes", "https://post.example/council-closes"),
    ("https://feeds.post.example/~r/x", "https://post.example/account/council-closes-two-libraries"),
])  # fmt: skip
def test_a_redirect_to_the_article_is_not_a_wall(asked: str, came: str) -> None:
    assert read(html("Readers lose two libraries", PROSE), asked=asked, came=came).body
    assert read(html("Readers lose two libraries", PROSE), asked=asked, came=came, title="").body


@pytest.mark.parametrize(
    "sign", ["a", " ", "<", "&", "\u00e9", "\u3042", "\u0301", "/", "-", "1", "|"]
)
def test_a_megabyte_of_one_character_is_read_in_time(sign: str) -> None:
    long = sign * 1_000_000
    began = time.process_time()

    for body in (
        html(long[:200_000], PROSE),
        html("H", PROSE, head=f"<meta name=robots content='{long[:300_000]}'>"),
    ):
        with suppress(NotAnArticle):
            read(
                body,
                title=long[:5000],
                asked=f"https://post.example/{long[:1500].strip()}?a={long[:400]}",
            )

    assert time.process_time() - began < 20
