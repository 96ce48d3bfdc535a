"""Reports made from one template that differ in a name are separate stories, in any language; copies are not."""

import pytest

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import compare, make_text
from crawler.model.story import Relation

HEAD = "Earthquake felt in {0}"
QUAKE = (
    "A moderate earthquake was felt in {0} on Tuesday evening, the national geological survey said in a first statement. "
    "There were no immediate reports of damage or casualties, and the authorities asked people to stay calm and away from "
    "old buildings. This report was written by a program from data of the survey and was checked by an editor before publication."
)


def relation(
    one: tuple[str, str], other: tuple[str, str], *, sources: tuple[str, str] = ("a", "a")
) -> Relation:
    texts = [
        make_text(comparable_words(body), headline=headline, body=body, source=source)
        for (headline, body), source in zip((one, other), sources, strict=True)
    ]
    found, turned = compare(*texts), compare(*texts[::-1])
    assert found.relation is turned.relation
    return found.relation


FORMS = [
    pytest.param(HEAD, QUAKE, ("Tolmezzo",), ("Sibenik",), id="a place"),
    pytest.param(HEAD, QUAKE, ("Bad Ischl",), ("Bad Aussee",), id="a part of a place"),
    pytest.param(HEAD, QUAKE, ("Stratford-upon-Avon",), ("Leeds",), id="a place of many words"),
    pytest.param(HEAD, QUAKE, ("the Netherlands",), ("Belgium",), id="one with an article"),
    pytest.param(HEAD, QUAKE, ("Kazan",), ("Ryazan",), id="places spelt much alike"),
    pytest.param(HEAD, QUAKE, ("Austria",), ("Australia",), id="countries spelt much alike"),
    pytest.param(HEAD, QUAKE, ("Linz",), ("Lienz",), id="one letter more"),
    pytest.param("Earthquake felt", QUAKE, ("Tolmezzo",), ("Sibenik",), id="in the text alone"),
    pytest.param(
        "{0} recalls a heater",
        "{0} asked its customers on Monday to bring back an electric heater that it sold since March, because its cable may "
        "melt. Nobody was hurt so far, the company said, and whoever has the bill or not gets the price back in every shop.",
        ("Philips",),
        ("Bosch",),
        id="a company",
    ),
    pytest.param(
        "Shop recalls {0}",
        "The chain asked its customers on Monday to bring back the {0} that it sold since March, because the cable may melt. "
        "Nobody was hurt so far, the company said, and whoever has the bill or not gets the price back in every shop.",
        ("toaster",),
        ("hair dryer",),
        id="a product",
    ),
    pytest.param(
        "{0} moves on after a draw",
        "{0} is through to the next round after a draw in front of a full house on Saturday. The team missed three chances in "
        "the first half and was lucky in the second, when the post saved it twice. The next opponent is drawn on Monday.",
        ("Milan",),
        ("Bologna",),
        id="a team",
    ),
    pytest.param(
        "Flood warning",
        "A flood warning was issued for {0} on Tuesday. The river may rise by a metre overnight, the agency said, and roads near "
        "{0} may be closed. People should stay away from the banks and follow what the fire brigade of {0} tells them.",
        ("Larissa",),
        ("Elazig",),
        id="in several places of the text, from two outlets",
    ),
    pytest.param(
        "Наводнение в {1}",
        "Предупреждение о наводнении объявлено во вторник в {1}. Город {0} может остаться без электричества, сообщили в "
        "службе спасения. Жителей просят не подходить к реке и следить за сообщениями властей в ближайшие часы.",
        ("Казань", "Казани"),
        ("Ростов", "Ростове"),
        id="inflected in Russian",
    ),
    pytest.param(
        "Powódź: {0}",
        "We wtorek wydano ostrzeżenie przed powodzią w {1}. Mieszkańcy powinni trzymać się z dala od rzeki, poinformowały "
        "służby ratunkowe, i słuchać komunikatów. Szkoły w mieście pozostaną zamknięte do odwołania przez kilka dni.",
        ("Łódź", "Łodzi"),
        ("Kraków", "Krakowie"),
        id="inflected in Polish",
    ),
    pytest.param(
        "Tulvavaroitus: {0}",
        "Tulvavaroitus annettiin tiistaina {1}. Asukkaita pyydetään pysymään kaukana joesta, kertoi pelastuslaitos, ja "
        "seuraamaan tiedotteita. Koulut pysyvät kiinni toistaiseksi, eikä vahingoista ole vielä tietoa tänään.",
        ("Turku", "Turussa"),
        ("Tampere", "Tampereella"),
        id="inflected in Finnish",
    ),
    pytest.param(
        "{0} Flughafen gesperrt",
        "Am Dienstag wurde der Flughafen {1} wegen eines verdächtigen Koffers gesperrt, wie die Polizei mitteilte. Reisende "
        "mussten die Halle verlassen und konnten erst nach zwei Stunden zurück. Verletzt wurde nach ersten Angaben niemand.",
        ("Kölner", "Köln"),
        ("Wiener", "Wien"),
        id="inflected in German",
    ),
    pytest.param(
        "{0}发生地震",
        "周二晚间{0}发生中等强度地震，国家地质调查局在第一份声明中说。目前没有收到人员伤亡或财产损失的报告，当局要求民众保持冷静，远离老旧建筑。",
        ("托尔梅佐",),
        ("希贝尼克",),
        id="Chinese",
    ),
    pytest.param(
        "{0}市发布暴雨预警",
        "{0}市气象台周二发布暴雨预警，预计未来六小时内将出现强降雨。请市民尽量减少外出，远离河边和低洼地带，注意防范城市内涝和地质灾害。",
        ("北京",),
        ("南京",),
        id="one sign in Chinese",
    ),
    pytest.param(
        "{0}で震度5弱の地震",
        "火曜日の夜、{0}で震度5弱の地震がありました。気象庁によりますと、この地震による津波の心配はありません。今のところ被害の情報は入っていません。",
        ("函館市",),
        ("釧路市",),
        id="Japanese",
    ),
    pytest.param(
        "{0} 호우주의보",
        "기상청은 화요일 오후 {0}에 호우주의보를 발령했다. 주민들은 하천 주변에 가지 말고 방송을 계속 들어야 한다고 당국은 밝혔다. 피해는 아직 없다.",
        ("대구",),
        ("부산",),
        id="Korean",
    ),
    pytest.param(
        "زلزال في {0}",
        "شعر السكان بزلزال متوسط القوة مساء الثلاثاء في {0}، وفق ما ذكرت هيئة المساحة الجيولوجية في بيان أول. ولم ترد أنباء "
        "عن أضرار أو ضحايا حتى الآن، وطلبت السلطات من الناس الهدوء والابتعاد عن المباني القديمة.",
        ("تولميزو",),
        ("سيبينيك",),
        id="Arabic",
    ),
    pytest.param(
        "הצפות ב{0}",
        "אזהרה מפני הצפות פורסמה ביום שלישי עבור {0}, כך נמסר משירותי ההצלה. התושבים מתבקשים להתרחק מהנחל ולעקוב אחר ההודעות. "
        "בתי הספר יישארו סגורים עד להודעה חדשה, ולא דווח על נפגעים או על נזק.",
        ("חיפה",),
        ("אשדוד",),
        id="Hebrew, with a preposition in front",
    ),
    pytest.param(
        "მიწისძვრა {0}ში",
        "სამშაბათს საღამოს {0}ში საშუალო სიმძლავრის მიწისძვრა მოხდა, იუწყება გეოლოგიური სამსახური პირველ განცხადებაში. დაზარალებულთა "
        "შესახებ ინფორმაცია ჯერ არ არის, ხელისუფლება მოსახლეობას სიმშვიდისკენ მოუწოდებს.",
        ("ბათუმ",),
        ("ქუთაის",),
        id="Georgian",
    ),
    pytest.param(
        "น้ำท่วม{0}",
        "กรมอุตุนิยมวิทยาออกประกาศเตือนน้ำท่วมในจังหวัด{0}เมื่อวันอังคาร ขอให้ประชาชนอยู่ห่างจากแม่น้ำและติดตามข่าวสารอย่างใกล้ชิด ยังไม่มีรายงานความเสียหาย",
        ("เชียงใหม่",),
        ("ภูเก็ต",),
        id="Thai",
    ),
    pytest.param(
        "{0} में भूकंप",
        "मंगलवार शाम {0} में मध्यम तीव्रता का भूकंप महसूस किया गया, भूवैज्ञानिक सर्वेक्षण ने पहले बयान में कहा। नुकसान या हताहतों की कोई "
        "सूचना नहीं है और अधिकारियों ने लोगों से शांत रहने और पुरानी इमारतों से दूर रहने को कहा।",
        ("पटना",),
        ("शिमला",),
        id="Hindi",
    ),
    pytest.param(
        "{0} açıklarında deprem",
        "Salı akşamı {0} açıklarında orta büyüklükte bir deprem hissedildi, jeoloji kurumu ilk açıklamasında bunu bildirdi. Can "
        "kaybı veya hasar haberi gelmedi, yetkililer halktan sakin olmasını ve eski binalardan uzak durmasını istedi.",
        ("İzmir",),
        ("Elazığ",),
        id="Turkish",
    ),
]


@pytest.mark.parametrize(("headline", "body", "one", "other"), FORMS)
def test_a_form_with_another_name_is_another_story(
    headline: str, body: str, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first = (headline.format(*one), body.format(*one))
    second = (headline.format(*other), body.format(*other))

    assert relation(first, second) is not Relation.SAME
    assert relation(first, first) is Relation.SAME


OTHERS = [
    pytest.param(HEAD.format("Sibenik"), QUAKE.format("Sibenik"), id="two outlets"),
    pytest.param(
        "Quake shakes northern Greece", QUAKE.format("Larissa"), id="the other headline has no name"
    ),
    pytest.param(
        HEAD.format("Sibenik"),
        f"By Staff, Agencies\n\n{QUAKE.format('Sibenik')}\n\nSign up to our newsletter",
        id="a byline around it",
    ),
    pytest.param(
        "Earthquake felt in Italy",
        QUAKE.format("Trento").replace("Tuesday", "Friday"),
        id="place and day",
    ),
]


@pytest.mark.parametrize(("headline", "body"), OTHERS)
def test_another_place_is_another_story_whoever_publishes_it(headline: str, body: str) -> None:
    first = (HEAD.format("Tolmezzo"), QUAKE.format("Tolmezzo"))

    assert relation(first, (headline, body), sources=("a", "b")) is not Relation.SAME


def test_a_flash_whose_place_is_only_in_the_headline_is_another_story() -> None:
    body = (
        "The fire brigade asks people to close their windows and doors and to listen to the radio."
    )

    one, other = (f"Gas leak reported in {place}, people warned" for place in ("Leeds", "York"))
    assert relation((one, body), (other, body)) is not Relation.SAME
    assert relation((one, body), (one, body)) is Relation.SAME
    # another outlet puts its own headline over the agency's text
    assert relation((one, body), (other, body), sources=("a", "b")) is Relation.SAME


def test_a_longer_report_that_differs_in_a_name_is_another_story() -> None:
    more = " ".join(
        f"The measure number{n} of the plan was explained to everybody." for n in range(15)
    )

    one, other = (
        (HEAD.format(place), f"{QUAKE.format(place)} {more}") for place in ("Tolmezzo", "Sibenik")
    )
    assert relation(one, other) is not Relation.SAME


ORIGINAL = (HEAD.format("Tolmezzo"), QUAKE.format("Tolmezzo"))
COPIES = [
    pytest.param(ORIGINAL[0], ORIGINAL[1].rpartition(". ")[0], id="cut"),
    pytest.param(ORIGINAL[0], f"By Staff, Agencies\n\n{ORIGINAL[1]}", id="a byline"),
    pytest.param(ORIGINAL[0], f"TOLMEZZO, Italy (AP) - {ORIGINAL[1]}", id="a dateline"),
    pytest.param("Alps shaken on Tuesday evening", ORIGINAL[1], id="another headline"),
    pytest.param("Quake in the Italian town of Tolmezzo", ORIGINAL[1], id="a longer headline"),
    pytest.param(ORIGINAL[0], ORIGINAL[1].replace("moderate", "mild"), id="a word"),
    pytest.param(
        "Mild tremor in Tolmezzo",
        ORIGINAL[1].replace("evening", "night").replace("first", "short"),
        id="edited lightly under another headline",
    ),
    pytest.param(ORIGINAL[0], ORIGINAL[1].replace("Tolmezzo", "Tolmezo"), id="misspelt"),
    pytest.param(
        HEAD.format("Tolmezo"), ORIGINAL[1].replace("Tolmezzo", "Tolmezo"), id="misspelt twice"
    ),
    pytest.param(ORIGINAL[0], ORIGINAL[1].replace(" on Tuesday evening", ""), id="a time left out"),
    pytest.param(
        ORIGINAL[0],
        f"{ORIGINAL[1]} The mayor of Udine, a town nearby, offered help to all that need it.",
        id="a sentence more",
    ),
]


@pytest.mark.parametrize(("headline", "body"), COPIES)
@pytest.mark.parametrize("sources", [("a", "a"), ("a", "b")])
def test_a_copy_is_one_story_with_what_it_copies(
    headline: str, body: str, sources: tuple[str, str]
) -> None:
    if headline == HEAD.format("Tolmezo") and sources == ("a", "a"):
        pytest.skip("one outlet's two headlines with two names are separate stories when in doubt")

    assert relation(ORIGINAL, (headline, body), sources=sources) is Relation.SAME


def test_outlets_that_spell_a_name_differently_have_one_story() -> None:
    body = QUAKE.replace("survey said", "survey told {0}")
    one, other = (
        (f"Survey told {name}", body.format("x", name)) for name in ("Zelensky", "Zelenskyy")
    )

    assert relation(one, other, sources=("a", "b")) is Relation.SAME


def test_a_name_corrected_by_another_outlet_in_one_place_is_one_story() -> None:
    body = QUAKE.format("Tolmezzo").replace("an editor", "the editor Anna Rossi")
    other = body.replace("Anna Rossi", "Anna Bruni")

    assert relation((ORIGINAL[0], body), (ORIGINAL[0], other), sources=("a", "b")) is Relation.SAME


@pytest.mark.parametrize("names", [("Milan", "Bologna"), ("Red Star", "Lech"), ("Зенит", "Динамо")])
def test_teams_in_reversed_order_are_another_match(names: tuple[str, str]) -> None:
    head = "{0} beats {1} in the cup"
    body = (
        "{0} won against {1} in front of a full house on Saturday and is through to the next round. The guests missed three "
        "chances in the first half and were unlucky in the second, when the post saved it twice. The next opponent of {0} "
        "is drawn on Monday, while {1} has a week to rest."
    )
    one, other = ((head.format(*order), body.format(*order)) for order in (names, names[::-1]))

    assert relation(one, other) is not Relation.SAME
    assert relation(one, other, sources=("a", "b")) is not Relation.SAME


def test_a_headline_in_another_order_over_the_same_text_is_a_copy() -> None:
    body = QUAKE.format("Tolmezzo")
    one, other = (
        ("In Tolmezzo an earthquake was felt", body),
        ("An earthquake was felt in Tolmezzo", body),
    )

    assert relation(one, other, sources=("a", "b")) is Relation.SAME
