"""Refusing pages that answer 200 and are not articles: robot checks, walls, lists, pages that do not exist.

Each kind is recognised by its words, but news about it has the same words. So a page is refused only if they are in
its headline or title, or if there is hardly any other text. ``walls.py`` goes by signs that need no words.
"""

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.errors import NotAnArticle, NoText, NotYet
from crawler.extract.body.blocks import read_blocks
from crawler.extract.body.body import Body
from crawler.extract.body.visible import Visible
from crawler.extract.metadata.declared import Metadata
from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Page
from crawler.text.normalize import tokenize

# words of prose: fewer are not an article, unless the page states a flash
FEWEST_WORDS = 20
# words: on a page with fewer, the words of a consent wall count; on one with fewer than 60, those of a robot check
_SHORT_WORDS = 80
# characters: a longer text is long enough for every check here, so its words are not counted
_CERTAINLY_PROSE = 2000
# words: a longer text is not called a teaser, even if the page asks the reader to subscribe
_MOST_TEASER_WORDS = 250
# characters of the visible text in which a login is looked for
_LOOKED_AT = 5000
# characters at the top of a page, where a wall states its reason
_NEAR_TOP = 600
# linked headlines from which a page counts as a list; fewer may be beside an article
_FEWEST_LISTED = 15
# words of prose: a page with more is an article, however many headlines are linked below it
_MOST_PROSE_OF_A_LIST = 120
# characters and spaces of one text: an entry of a menu has fewer of both
_LONGEST_ENTRY = 60
_MOST_ENTRY_WORDS = 8
# words: "Log in" is in any menu, while a wall also states a reason
_MOST_MENU_WORDS = 3
# robot checks and waiting pages
_SHELL = re.compile(
    r"please wait|checking your browser|just a moment|verify (?:that )?you are"
    r"|are you a (?:robot|human)|unusual traffic|captcha|access denied|access to this page has been denied|pardon our interruption"
    r"|ddos protection|attention required|press (?:&|and) hold|request unsuccessful|security check|bot detection|\bray id\b"
    r"|einen moment bitte",
    re.IGNORECASE,
)
# no reason to try again: an app that needs JavaScript shows no more the next time
_APP = re.compile(
    r"(?:enable|requires?|needs?|without|turn on) javascript|javascript (?:is|must be) (?:disabled|required|enabled|turned off)|javascript required"
    r"|javascript (?:aktivieren|einschalten)|ben\u00f6tigt javascript|acti(?:vez|ver) javascript|(?:habilit[ae]|activ[ae]) javascript|abilita javascript"
    r"|\bjavascript\u3092\u6709\u52b9|\u542f\u7528 ?javascript|\u0432\u043a\u043b\u044e\u0447\u0438\u0442\u0435 javascript",
    re.IGNORECASE,
)
# a word for the site or its partners, and within 120 characters one for cookies or consent
_CONSENT = re.compile(
    r"(?:\bwe\b|\bwir\b|\bnous\b|\bour partners\b|partner|\bnosotros\b|utilizziamo|\bwij\b|\bvi\b).{0,120}"
    r"\b(?:cookies|consent|einwilligung|consentement|consentimiento|consenso|toestemming|samtykke)\b",
    re.IGNORECASE | re.DOTALL,
)
# counts only where there is hardly any other text, because most menus offer a login
_LOGIN = re.compile(
    r"\b(?:log ?in|sign ?in|create (?:a free |an )?account|register (?:now|to|for free)|members? only|anmelden|einloggen|registrieren"
    r"|connectez-vous|se connecter|inicia(?:r)? sesi\u00f3n|accedi|inloggen|logg inn|logga in|zaloguj|\u0432\u043e\u0439\u0434\u0438\u0442\u0435|\u30ed\u30b0\u30a4\u30f3)\b",
    re.IGNORECASE,
)
# looked for in headline and title only: "not found" is in many articles
_MISSING = re.compile(
    r"^(?:\W*(?:error )?404\b)|\b(?:page|article|content|file|seite|artikel) (?:was |wurde |could )?not (?:be )?found\b|\bnot found\W*$"
    r"|(?:seite|artikel) (?:wurde )?nicht gefunden|page (?:introuvable|non trouv\u00e9e)|p\u00e1gina no (?:encontrada|existe)"
    r"|pagina non trovata|pagina niet gevonden|strona nie (?:zosta\u0142a )?znaleziona|\u0441\u0442\u0440\u0430\u043d\u0438\u0446\u0430 \u043d\u0435 \u043d\u0430\u0439\u0434\u0435\u043d\u0430"
    r"|no longer (?:available|exists)|nicht mehr verf\u00fcgbar",
    re.IGNORECASE,
)
# what paywalls write below the free beginning of an article
_GO_ON = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep)|continue reading (?:with|by)|to (?:continue|keep) reading|already a subscriber"
    r"|read the full (?:story|article)|(?:jetzt|diesen artikel|hier) weiterlesen|weiterlesen mit|abonnenten vorbehalten"
    r"|pour lire la suite|r\u00e9serv\u00e9 aux abonn\u00e9s|il vous reste .{0,20} \u00e0 lire|para seguir leyendo|contenido exclusivo para"
    r"|per continuare a leggere|alleen voor abonnees|\u0644\u0644\u0645\u0634\u062a\u0631\u0643\u064a\u0646|\u4f1a\u54e1\u9650\u5b9a|\u6709\u6599\u4f1a\u54e1",
    re.IGNORECASE,
)
# shapes of address segments that identify one article: a slug of several words, a number
_IDENTIFYING = frozenset({"S", "N"})
# values of content_tier that publishers use for articles behind a paywall
_LOCKED_TIERS = frozenset({"locked", "premium", "paid", "metered"})


def refuse_what_is_none(
    tree: HtmlElement,
    page: Page,
    *,
    names: tuple[str, str],
    body: Body,
    visible: Visible,
    metadata: Metadata,
) -> None:
    """Raise an error with the reason, worded for a person, if a page is not an article.

    Words of walls that are also in the announced title do not count: there is news about walls.
    names   the page's headline, and the title in its head
    raises  NotYet if it may be an article later (a check, a wall); NoText for an app or a page with hardly any text;
            NotAnArticle for a list, and for a text without a headline
    """
    text = "\n".join(body.paragraphs)
    words = len(tokenize(text)) if len(text) <= _CERTAINLY_PROSE else _CERTAINLY_PROSE
    # lines that are nothing but a link are not prose
    words = int(words * (1 - body.linked_share))
    # entries of menus are not prose, however many there are; a longer body does not consist of them
    if words < 2 * _SHORT_WORDS and not (body.is_flash or _reads_as_prose(visible)):
        words = 0
    if words < 2 * _SHORT_WORDS:
        reason = _explain_short(names, body, visible, words, page.entry.title)
        if reason is not None:
            raise NotYet(reason)
        seen = f"{' | '.join(names)} {visible.start(_NEAR_TOP)}"
        if words < _SHORT_WORDS - FEWEST_WORDS and _find(_APP, seen, page.entry.title):
            raise NoText("the page shows its text only to browsers with JavaScript")
    if _is_list(tree, page.url, metadata, words):
        raise NotAnArticle("the page is a list of articles, not one")
    if words < FEWEST_WORDS and not body.is_flash:
        raise NoText(f"the page contains no article text ({words} words of prose)")
    if not names[0]:
        raise NotAnArticle("the page has text but no headline")


def _reads_as_prose(visible: Visible) -> bool:
    """Return whether any visible text of a page is longer than an entry of a menu."""
    return any(
        len(text) >= _LONGEST_ENTRY
        or text.count(" ") >= _MOST_ENTRY_WORDS
        or "\u3002" in text  # the Chinese and Japanese full stop: no menu has one
        for text in visible.texts
    )


def _explain_short(
    names: tuple[str, str], body: Body, visible: Visible, words: int, announced: str
) -> str | None:
    """Return the reason, worded for a person, why a page with little text is not an article; None if it may be one.

    names      the page's headline, and the title in its head
    words      words of prose in its body
    announced  the entry's title, may be empty
    """
    text = "\n".join(body.paragraphs)
    seen = visible.start(_LOOKED_AT)
    is_missing = any(_MISSING.search(name) for name in names)
    if is_missing and not _MISSING.search(announced):
        return "the site says the page does not exist, although it answers as if it did"
    if words < _SHORT_WORDS - FEWEST_WORDS and _find(
        _SHELL, f"{' | '.join(names)} {seen[:_NEAR_TOP]}", announced
    ):
        return "the page is a waiting or robot check, not the article"
    if words < _SHORT_WORDS and _find(_CONSENT, text[:_NEAR_TOP] or seen[:_NEAR_TOP], announced):
        return "the page is a consent wall, not the article"
    if words < FEWEST_WORDS and not body.is_flash and _LOGIN.search(seen):
        return "the page asks for a login in place of the article"
    return None


def asks_reader(text: str) -> bool:
    """Return whether a text asks its reader to log in or to pay, in more words than a menu."""
    asks = _LOGIN.search(text) and len(tokenize(text)) > _MOST_MENU_WORDS
    return bool(asks or _GO_ON.search(text))


def _find(words: re.Pattern[str], text: str, announced: str) -> bool:
    """Return whether a text has words that the announced title does not have."""
    return bool(words.search(text)) and not words.search(announced)


def _is_list(tree: HtmlElement, url: str, metadata: Metadata, words: int) -> bool:
    """Return whether a page is a front or section page: at least 15 linked headlines, and little prose.

    A page that calls itself an article, or whose address identifies one, is not a list.
    """
    if metadata.article or metadata.meta("og:type") == "article" or words >= _MOST_PROSE_OF_A_LIST:
        return False
    if urlsplit(url).path in {"", "/"}:
        return True
    if _IDENTIFYING & set(re.split(r"[/.?]", shape_of(url))):
        return False
    blocks = read_blocks(tree, with_items=True)
    # fewer than four words are an entry of a menu; 0.9 allows for a time or a section beside the link
    listed = sum(1 for block in blocks if block.words >= 4 and block.linked >= 0.9)
    return listed >= _FEWEST_LISTED


def is_teaser(body: str, visible: Visible, metadata: Metadata) -> bool:
    """Return whether a page shows only the beginning of an article to readers who do not pay.

    body  the text that was extracted; with more than 250 words it is not a teaser
    """
    if len(body.split()) > _MOST_TEASER_WORDS:
        return False
    return is_locked(metadata) or bool(_GO_ON.search(" ".join(visible.texts)))


def is_locked(metadata: Metadata) -> bool:
    """Return whether the metadata declares an article as paid, by schema.org or by a content tier."""
    # "False" and "https://schema.org/False" are both in use
    free = str(metadata.article.get("isAccessibleForFree")).casefold().rpartition("/")[2]
    tier = metadata.meta("article:content_tier", "og:article:content_tier").casefold()
    return free == "false" or tier in _LOCKED_TIERS
