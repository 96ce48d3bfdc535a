"""Lines of a body that are not the article: lists of links, boxes, credits, and headings with nothing below them."""

import lxml.html
import pytest

from crawler.extract.body.body import Body, extract_body
from crawler.extract.boilerplate.phrases import find_boilerplate
from crawler.extract.boilerplate.prune import prune

HEADLINE = "Ferry Leaves the Quay Two Hours Late"
LONG = (
    "The ferry left the quay at noon with forty people on board, number {}, and nobody on the shore could say why it was so"
    " late, although the harbour master had been asked about it three times since the morning of that day."
)


def text(*numbers: int) -> str:
    return "".join(f"<p>{LONG.format(number)}</p>" for number in numbers)


def items(*texts: str) -> str:
    return "<ul>" + "".join(f"<li>{each}</li>" for each in texts) + "</ul>"


def link(words: str) -> str:
    return f"<a href='/news/{len(words)}.html'>{words}</a>"


def read(inner: str) -> Body:
    tree = lxml.html.fromstring(
        f"<html><body><article><h1>{HEADLINE}</h1>{inner}</article></body></html>"
    )
    prune(tree, headline=HEADLINE)
    return extract_body(tree, headline=HEADLINE)


def shown(inner: str) -> str:
    return "\n".join(read(inner).paragraphs)


@pytest.mark.parametrize(
    "listed",
    [
        items(*map(link, ("Harbour closes early", "Tides were higher than ever", "Fish is dear"))),
        items(*(f"Sea: {link(one)}" for one in ("Harbour closes", "Tides rise", "Fish is dear"))),
        items(*(f"<strong>Background:</strong> {link(one)}" for one in ("Harbour", "Tides", "Fish"))),
        items(*(f"Who is who: {link(one)} | {link('Ann Lee')}" for one in ("Harbour", "Tides", "Fish"))),
        items(*map(link, ("港口提前关闭", "潮水高涨", "鱼价上涨"))),
        items(*(f"最新：{link(one)}" for one in ("港口提前关闭", "潮水高涨", "鱼价上涨"))),
        items(*(f"{link(one)} (3)" for one in ("Harbour closes early", "Tides were high", "Fish dear"))),
        items("Advertisement", *map(link, ("Harbour closes early", "Tides were higher", "Fish is dear"))),
    ],
)  # fmt: skip
def test_a_list_of_links_is_no_text(listed: str) -> None:
    body = read(text(1, 2, 3) + listed + text(4, 5))

    whole = "\n".join(body.paragraphs)
    assert len(body.paragraphs) == 5
    assert "Harbour" not in whole
    assert "港口" not in whole


@pytest.mark.parametrize(
    "listed",
    [
        items("Forty people were on board", "Ten of them were children", "Nobody was hurt"),
        items(*(f"The {link(one)} rose by a tenth last year" for one in ("tide", "fee", "price"))),
    ],
)
def test_a_list_that_says_something_stays(listed: str) -> None:
    body = read(text(1, 2, 3) + listed + text(4, 5))

    assert len(body.paragraphs) > 5


LABELS = (
    "Mehr zum Thema", "Sur le même sujet", "Te puede interesar", "Potrebbe interessarti", "Veja também", "Zobacz także", "По теме",
    "اقرأ أيضا", "यह भी पढ़ें", "Xem thêm", "相关阅读",
)  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("tag", ["p", "h3", "div"])
def test_the_label_of_a_list_of_links_goes_with_it_in_any_language(label: str, tag: str) -> None:
    listed = items(*map(link, ("Harbour closes early", "Tides were higher than ever", "Fish dear")))

    body = read(f"{text(1, 2, 3)}<{tag}>{label}</{tag}>{listed}{text(4, 5)}")

    assert len(body.paragraphs) == 5
    assert label not in "\n".join(body.paragraphs)


@pytest.mark.parametrize("label", LABELS)
def test_a_label_before_the_link_to_another_article_goes_with_it(label: str) -> None:
    body = read(
        f"{text(1, 2, 3)}<p>{label}: {link('Harbour closes early because of the tides')}</p>"
    )

    assert len(body.paragraphs) == 3


@pytest.mark.parametrize(
    "line",
    [
        f"Price of the ticket: {link('Harbour Ferry Company Limited')} charges $ 12",
        f"Link to the timetable: {link('https://ferry.example/times/of/today')}",
        f"Named were: {link('Ann Lee of the Harbour')}, {link('Bob Ray of the Harbour')}",
        f"The harbour master said on Monday that he had written: {link('the letter of the harbour')}",
    ],
)  # fmt: skip
def test_a_sentence_with_a_colon_and_a_link_stays(line: str) -> None:
    assert len(read(f"{text(1, 2)}<p>{line}</p>{text(3)}").paragraphs) == 4


def test_a_sentence_before_a_list_of_links_stays() -> None:
    listed = items(*map(link, ("Harbour closes early", "Tides were higher than ever", "Fish dear")))

    body = read(f"{text(1, 2, 3)}<p>So it was said on the quay.</p>{listed}")

    assert body.paragraphs[-1] == "So it was said on the quay."


def test_a_heading_goes_with_the_list_that_it_leads_to() -> None:
    listed = items(*map(link, ("Harbour closes early", "Tides were higher", "Fish is dear")))

    whole = shown(
        f"{text(1, 2)}<h3>More on this</h3>{listed}{text(3)}<h2>What you may like</h2>{listed}"
    )

    assert "More on this" not in whole
    assert "What you may like" not in whole
    assert "number 3," in whole


def test_a_heading_within_the_text_stays() -> None:
    assert "No reason given" in shown(f"{text(1, 2)}<h2>No reason given</h2>{text(3, 4)}")


def test_a_table_of_contents_does_not_take_the_headings_with_it() -> None:
    contents = items(
        *map(link, ("No reason given today", "What will happen now", "Who will pay for it"))
    )
    parts = "".join(
        f"<h2>{head}</h2>{text(number)}"
        for number, head in enumerate(("No reason given today", "What will happen now", "Who will pay for it"))
    )  # fmt: skip

    whole = read(contents + parts).paragraphs

    assert "What will happen now" in whole
    assert "- What will happen now" not in whole


@pytest.mark.parametrize(
    "box",
    [
        "<div class='newsletter-box'><p>The harbour, each morning, with the tides and the ships of the day.</p></div>",
        "<div class='inline-recirc'><p>The tides were higher than ever before, said a man on the pier.</p></div>",
        "<div class='author-bio'><p>Ann Lee has written about harbours and ships for more than ten years.</p></div>",
        "<div class='image-caption'><p>The quay on the day before, seen from the roof of the old town hall.</p></div>",
        "<div id='related'><p>The tides were higher than ever before, said a man on the pier on Monday.</p></div>",
        "<article class='card'><p>The tides were higher than ever before. <a href='/t'>Tides</a></p></article>",
        "<a href='/t'><h4>Tides</h4><p>The tides were higher than ever before, said a man on the pier.</p></a>",
    ],
)  # fmt: skip
def test_a_box_beside_the_article_is_no_text(box: str) -> None:
    body = read(text(1, 2, 3) + box + text(4, 5, 6))

    assert len(body.paragraphs) == 6


def test_an_article_in_a_box_stays() -> None:
    body = read(f"<div class='related-content promo'>{text(1, 2, 3, 4)}</div>")

    assert len(body.paragraphs) == 4


@pytest.mark.parametrize(
    "line",
    [
        "Photo: Ann Lee / Courier", "[Image via Harbour Police]", "Gallery Credit: Ann Lee", "Фото: Анна Ли, Курьер", "Foto: Anna Lee/dpa",
        "图片：新华社", "With files from The Associated Press", "Contributing: Associated Press; Ann Lee", "Additional reporting by Ann Lee",
        "Instagram content", "This content can also be viewed on the site it originates from.", "Link zum YouTube-Inhalt", "12 of 57",
        "Advertisement 1 Story continues below", "Passer la publicité", "Lesedauer: 4 Minuten", "5 min read", "Session expired",
        "Kommentar abgeben", "Du musst dich EINLOGGEN um einen Kommentar abzugeben.", "If you buy something, we may earn a commission.",
        "All products are independently selected by our editors. If you buy through our links, we may be paid.",
        "Melden Sie sich jetzt für unseren Newsletter an.", "Inscrivez-vous à notre newsletter du matin", "Suscríbete a nuestro boletín",
        "Iscriviti alla newsletter", "Inscreva-se na nossa newsletter", "Zapisz się do naszego newslettera", "Abone ol: bültenimize abone ol",
        "Подпишитесь на нашу рассылку", "Підпишіться на наш канал у Telegram", "Schrijf je in voor onze nieuwsbrief", "Prenumerera på vårt nyhetsbrev",
        "メールマガジンに登録する", "뉴스레터를 구독하세요", "关注我们的微信公众号", "Folgen Sie uns auf Facebook", "Suivez-nous sur Instagram",
        "Síguenos en Twitter e Instagram", "Seguici su Facebook", "تابعونا على فيسبوك", "Bizi Facebook ve Instagram'da takip edin.",
        "Voir cette publication sur Instagram", "Ver esta publicación en Instagram", "Zobacz ten post na Instagramie", "[PR]",
        "Ce contenu est bloqué car vous n'avez pas accepté les cookies.", "Externer Inhalt nicht verfügbar",
        "责任编辑：黄帅", "扫一扫在手机打开当前页", "相关阅读", "この記事は有料会員限定です", "関連記事", "관련기사",
    ],
)  # fmt: skip
def test_credits_residue_and_notices_are_no_text(line: str) -> None:
    assert find_boilerplate(line, is_edge=False) is not None


@pytest.mark.parametrize(
    "line", ["Quelle: dpa", "Source: ntv.de", "(Kilde: NTB)", "来源：新华网", "Источник: ТАСС"]
)
def test_a_source_is_a_credit_at_the_edge_and_a_caption_within(line: str) -> None:
    assert find_boilerplate(line, is_edge=True) is not None
    assert find_boilerplate(line, is_edge=False) is None


@pytest.mark.parametrize(
    "line",
    [
        "Photographs of the ferry were shown to the court on Monday, and the judge looked at them for a long time.",
        "The source of the river was found by two women who had walked for three weeks without a map.",
        "Travel agents recommend insurance because the companies pay them well for it, a report says.",
        "The European Commission said the company receives subsidies from three states.",
        "- Video: 4K/30p with no crop",
        "Advertisers left the paper after its editor had written about the harbour and the men who own it.",
        "相关部门表示，港口将在周一重新开放，所有船只都可以照常出海。",
        "編集部は港の閉鎖について市長に質問したが、答えはまだない。",
        "Подписание договора с каналом Telegram отложено, сообщили в компании.",
        "Jetzt hat Telegram auf den Brief des Hafenmeisters geantwortet.",
        "Folgt man den Angaben auf Facebook, war die Fähre um zwölf Uhr weg.",
        "Sigue la polémica por el video del capitán en Facebook.",
        "Newsletter der Behörde und Aushänge am Kai hatten vor der Flut gewarnt.",
        "Instagram said that it had removed the posts within an hour.",
    ],
)  # fmt: skip
def test_news_in_the_same_words_is_text(line: str) -> None:
    assert find_boilerplate(line, is_edge=False) is None


def test_a_headline_with_a_kicker_is_not_repeated() -> None:
    body = read(f"<h2><span>Harbour</span> <span>{HEADLINE}</span></h2>{text(1, 2, 3)}")

    assert len(body.paragraphs) == 3


def test_a_first_paragraph_that_begins_with_the_headline_stays() -> None:
    lead = f"HARBOUR TOWN (AP) {HEADLINE} and nobody knows why"

    assert lead in read(f"<p>{lead}</p>{text(1, 2, 3)}").paragraphs


@pytest.mark.parametrize(
    "line", ["विज्ञापन", "- Annons -", "إعلان", "โฆษณา", "Quảng cáo", "Hirdetés", "Διαφήμιση"]
)
def test_the_label_of_an_advertisement_is_left_out_in_any_language(line: str) -> None:
    assert find_boilerplate(line, is_edge=False) == "left of an embedded post or an advertisement"
    assert find_boilerplate(f"{line} är vad staden säljer", is_edge=False) is None
