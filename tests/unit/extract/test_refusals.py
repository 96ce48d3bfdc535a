"""Pages that answer 200 and are no article, and articles that only look like such pages."""

import pytest

from crawler.errors import NotAnArticle
from tests.fakes import article_page
from tests.unit.extract.test_article import PROSE, understand

MENU = "".join(f"<a href='/s/{n}'>Section {n}</a>" for n in range(9))


def page(title: str, text: str, *, headline: str = "") -> bytes:
    return (
        f"<html><head><title>{title}</title></head><body><nav>{MENU}</nav><h1>{headline or title}</h1>"
        f"<div><p>{text}</p></div></body></html>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (page("Just a moment...", "Checking your browser before accessing the site. Please stand by, this takes a few seconds only, thank you very much."), "robot check"),
        (page("Attention Required!", "Please verify that you are human by pressing and holding the button below until the circle is full, then wait."), "robot check"),
        (page("Before you continue", "We and our 812 partners use cookies and need your consent to store and access information on your device for the purposes below."), "consent wall"),
        (page("Zustimmung", "Wir und unsere Partner benötigen Ihre Einwilligung, um Informationen auf Ihrem Gerät zu speichern und darauf zuzugreifen, bitte wählen Sie."), "consent wall"),
        (page("404", "The thing you looked for has moved or was never here. Try our search, or go to the front page and start again from there, please."), "does not exist"),
        (page("Seite nicht gefunden", "Leider gibt es diese Seite nicht mehr oder sie ist umgezogen, bitte nutzen Sie die Suche oder gehen Sie zurück zur Startseite von uns."), "does not exist"),
        (page("Members", "Log in to read."), "login"),
        (b"<html><head><title>Front</title></head><body>" + b"".join(b"<h2><a href='/n/%d'>A headline of several words %d</a></h2>" % (n, n) for n in range(30)) + b"</body></html>", "list of articles"),
        (page("Ferry", "Late."), "no article text"),
        (b"", "empty"),
    ],
)  # fmt: skip
def test_a_page_that_is_no_article_is_refused_with_a_reason(body: bytes, words: str) -> None:
    url = "https://x.org/world" if "list" in words else "https://x.org/a"

    with pytest.raises(NotAnArticle, match=words):
        understand(body, url=url)


@pytest.mark.parametrize("headline", [
    "Captcha makers lose in court", "Ministry: page not found on its own site", "Why we are asked for consent to cookies everywhere",
    "Please wait, says the ferry company", "Log in, tune out: a year without a telephone",
])  # fmt: skip
def test_news_about_such_pages_is_news(headline: str) -> None:
    paragraphs = [f"{n}: {headline}. {PROSE} {PROSE} {PROSE}" for n in ("One", "Two", "Three")]

    assert understand(article_page(headline, *paragraphs)).headline == headline


@pytest.mark.parametrize("sign", [
    '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>',
    '<meta property="article:content_tier" content="locked">', "<p>Subscribe to continue reading.</p>", "<p>Jetzt weiterlesen mit Plus</p>",
])  # fmt: skip
def test_a_paywalled_beginning_is_kept_and_marked(sign: str) -> None:
    short = article_page("Ferry Leaves Late", PROSE, PROSE).replace(b"</body>", f"{sign}</body>".encode())  # fmt: skip

    assert understand(short).is_teaser
    assert not understand(article_page("Ferry Leaves Late", PROSE, PROSE)).is_teaser


def test_a_whole_article_that_claims_to_be_locked_is_not_a_teaser() -> None:
    sign = b'<meta property="article:content_tier" content="locked"></head>'
    whole = article_page("Ferry Leaves Late", *(f"{n} {PROSE}" for n in range(20)))

    assert not understand(whole.replace(b"</head>", sign)).is_teaser
