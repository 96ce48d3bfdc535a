"""Latin texts with a wrong charset: decoded by the letters of their language, at any length."""

import pytest

from crawler.extract.documents.charset import decode_page

TEXTS = {
    ("fr", "latin-1"): (
        "La grève a touché la forêt",
        "Le théâtre du maître rouvre à Besançon",
        "Un été brûlant près de la côte",
        "La fête des élèves où l’on chante".replace("’", "'"),
    ),
    ("de", "latin-1"): (
        "Die Größe der Häuser am Fluss",
        "Ein Erdbeben erschütterte die Brücken",
        "Der Bürgermeister grüßte alle Gäste",
        "Über den Dächern wird es spät",
    ),
    ("es", "latin-1"): (
        "El terremoto sacudió la región",
        "Los niños pidieron más árboles mañana",
        "La presión del agua bajó también",
        "El año próximo habrá elecciones aquí",
    ),
    ("cs", "cp1250"): (
        "Vláda schválila rozpočet na příští rok",
        "Řidič autobusu dostal nový průkaz",
        "Školáci se těší na první sníh",
        "Žádný z poslanců nehlasoval proti změně",
    ),
    ("pl", "iso-8859-2"): (
        "Rząd przyjął ustawę o nowych szkołach",
        "Mieszkańcy Łodzi czekają na światło",
        "Wójt gminy żąda większej pomocy",
        "Dzieci poszły już do przedszkola, więc śpią",
    ),
    ("tr", "cp1254"): (
        "Güçlü bir deprem şehri sarstı",
        "Öğretmenler yağmurda çarşıya yürüdü",
        "Işıklar söndü ve kapılar açıldı",
        "Başkan bugün İzmir'e gitti, çünkü çağrıldı",
    ),
}


def feed(titles: tuple[str, ...], encoding: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://paper.example/a/{n}</link></item>"
        for n, title in enumerate(titles)
    )
    printed = (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>'
    )
    return printed.encode(encoding)


@pytest.mark.parametrize(("language", "encoding"), TEXTS)
def test_a_feed_with_a_wrong_charset_has_the_same_titles_at_every_length(
    language: str, encoding: str
) -> None:
    titles = TEXTS[language, encoding]

    for count in range(1, len(titles) + 1):
        text = decode_page(feed(titles[:count], encoding), "application/rss+xml; charset=utf-8")
        assert [title for title in titles if title in text] == list(titles[:count])


def test_characters_of_windows_1252_beyond_latin_1_are_read_as_typed() -> None:
    text = "<p>„Größe“ – 5 € für die Brücke</p>"

    assert decode_page(text.encode("cp1252"), "text/html") == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Сильное землетрясение разрушило старый мост через реку"),
        ("iso-8859-7", "Ο σεισμός κατέστρεψε την παλιά γέφυρα του λιμανιού"),
        ("shift_jis", "昨夜の地震で橋が揺れた。大きな地震のあと電車は止まった。"),
    ],
)
def test_other_scripts_are_guessed_from_their_bytes(encoding: str, text: str) -> None:
    html = f"<html><body><p>{text}</p></body></html>"

    assert decode_page(html.encode(encoding), "text/html") == html


@pytest.mark.parametrize("default", ["iso-8859-1", "windows-1252", "us-ascii"])
@pytest.mark.parametrize(
    ("text", "encoding"), [("Дрон над портом", "windows-1251"), ("無人機が飛んだ", "shift_jis"), ("Güçlü şehir", "iso-8859-9")]
)  # fmt: skip
def test_a_page_is_believed_against_the_default_of_its_server(
    text: str, encoding: str, default: str
) -> None:
    page = f'<html><head><meta charset="{encoding}"></head><body>{text}</body></html>'
    said = f'<?xml version="1.0" encoding="{encoding}"?><rss><title>{text}</title></rss>'

    assert text in decode_page(page.encode(encoding), f"text/html; charset={default}")
    assert text in decode_page(said.encode(encoding), f"text/xml; charset={default}")


def test_a_charset_other_than_the_default_is_believed_first() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body>Дрон</body></html>'

    assert "Дрон" in decode_page(page.encode("cp1251"), "text/html; charset=windows-1251")


def test_japanese_mail_letters_are_read_although_nobody_states_them() -> None:
    assert decode_page("無人機が飛んだ".encode("iso2022_jp"), "text/html") == "無人機が飛んだ"
