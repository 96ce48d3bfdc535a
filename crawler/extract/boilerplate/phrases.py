"""Recognising boilerplate lines within a body, on any site: share bars, invitations, pointers, notices.

Only short lines are judged by their words, so that a long paragraph that mentions a newsletter stays. A short paragraph
of news that invites readers to follow a paper is lost; the rule that keeps it also keeps more boilerplate (F1 0.9760
instead of 0.9764 on 127 labelled pages, docs/internals/benchmarks.md).
"""

import re
from dataclasses import dataclass

from crawler.text.boilerplate import is_boilerplate_line

# words: longer lines are paragraphs and stay
_MOST_WORDS = 45
# invitations to subscribe, follow, write or comment
_INVITATION = re.compile(
    r"""
    \b(?:sign\ up|subscribe|register)\b.{0,80}\b(?:newsletters?|inbox|e-?mails?|alerts|updates)\b
    |\bnewsletters?\b.{0,60}\b(?:sign\ up|subscribe|inbox)
    |\b(?:latest|updates)\b.{0,60}\b(?:in|to)\ your\ inbox
    |\bfollow\b.{0,60}\bon\b.{0,30}\b(?:facebook|twitter|instagram|x|tiktok|youtube|google\ news|linkedin|telegram)\b
    |\b(?:get\ in\ touch|write\ to|contact|reached?|e-?mail|feedback|tips?)\b.{0,120}\S+@\S+\.\w+
    |^like\ this\ story\?|share\ it\ with\ a\ friend|^tell\ us\ what\ you\ think
    |^join\ (?:our|the)\ (?:commenting|conversation|discussion)|^fehler\ gefunden
    |\b(?:thank\ you|thanks)\ for\ (?:signing\ up|subscribing)|keep\ an\ eye\ on\ your\ inbox
    |^\W*(?:order\ reprints|print\ article)|^skip\ to\ (?:content|main)
    |^\W*(?:abonnieren?|melden\ sie|holen\ sie|inscrivez-vous|abonnez-vous|recevez|suscr[ií]b\w+|apúntate|recib[ea]|iscriv\w+|inscreva|assine|receba|cadastre
      |zapisz|zasubskrybuj|подпи(?:шитесь|сывайтесь|шись|сывайся)|підпи(?:шіться|суйтесь|шись|суйся)|schrijf|meld|abonneer|prenumerera|anmäl|tilmeld|tilaa)\b.{0,90}
      (?:newsletter|infolettre|boletín|boletim|nieuwsbrief|nyhets?brev|uutiskirje|рассылк|розсилк|канал|telegram)
    |^\W*(?:folgen\ sie|folg[et]\ (?:uns|mir)|suivez|síguenos|síganos|seguici|nos\ siga|siga-nos|obserwuj|polub|подпи(?:шитесь|сывайтесь)|підпи(?:шіться|суйтесь)|читайте\ нас
      |следите|volg\ ons|följ\ oss|følg\ oss?|seuraa|تابعونا|تابعنا|تابعوا)\b.{0,90}
      (?:facebook|twitter|instagram|youtube|tiktok|telegram|whatsapp|linkedin|google|дзен|вконтакте|فيسبوك|تويتر|تلغرام|تيليغرام|إنستغرام|واتساب)
    |(?:facebook|twitter|instagram|youtube|google).{0,40}\btakip\ ed|bülten\w*.{0,20}\babone\ ol
    """,
    re.IGNORECASE | re.VERBOSE,
)
# pointers to other articles
_READ_ON = re.compile(
    r"""
    ^\W*(?:lesen\ sie\ (?:auch|hier|mehr)|mehr\ (?:zum\ thema|themen)|auch\ interessant|(?:à\ )?lire\ aussi|leggi\ anche
    |lees\ ook|leia\ (?:também|mais)|lea\ también|les\ også|läs\ (?:även|också|mer)|læs\ også
    |czytaj\ (?:też|także|więcej)|čtěte\ (?:také|též)|lue\ myös|ayr\u0131ca\ okuyun|читайте\ также
    |don['\u2019]t\ miss|you\ may\ also\ like|also\ on\ \w+\.\w+|more\ from|see\ more)\b
    |^(?:more|see\ more|watch|related|also\ read|read)\ ?:
    """,
    re.IGNORECASE | re.VERBOSE,
)
# who made a picture or a text, and with what: "Photo: Ann Lee", "(Quelle: dpa)", "Contributing: Associated Press"
_CREDIT = re.compile(
    r"""
    ^(?!-)\W*(?:photos?|images?|pictures?|gallery|video|source\ images?|fotos?|bild(?:er)?|im[aá]gen|imagem|immagine|zdj[eę]cie|fotoğraf
      |фото|写真|图片|图源|사진)\ ?(?:credits?\b|by\b|via\b|courtesy\b|:|\uff1a|/|\|).{1,100}$
    |^\W*(?:with\ (?:files|reports|information|reporting|contributions)\ (?:from|by)\b|(?:additional\ )?(?:reporting|editing|writing)\ by\b|contributing\ ?:|includes\ (?:information|reporting)\ from
      |mit\ (?:material|informationen)\ (?:von|der|des)\b|con\ información\ de\b|avec\ afp).{1,140}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# the same in the first and last lines; between them it is the source of a table or a figure
_SOURCE = re.compile(
    r"^\W*(?:source|sources|quellen?|fuente|fonte|kilde|källa|bron|zdroj|źródło|kaynak|источник|文章来源|来源|來源|稿源|출처) ?(?::|\uff1a).{1,60}$",
    re.IGNORECASE,
)
# what an embedded post, picture gallery or advertisement leaves behind, and the time a text takes to read
_RESIDUE = re.compile(
    r"""
    ^\W*(?:instagram|twitter|tiktok|youtube|facebook|x|external|embedded|externer|eingebetteter|empfohlener\ redaktioneller|link\ zum\ \S+)[\ -]?(?:content|post|video|inhalt|beitrag|tweet)\W*$
    |^\W*(?:sieh\ dir|voir\ cette|ver\ esta|ver\ essa|visualizza\ questo|zobacz\ ten|bu\ gönderiyi|посмотреть\ эту|visa\ det\ här|dit\ bericht|vis\ dette)\b.{0,30}\binstagram
    |^ce\ contenu\ est\ bloqué|^para\ ver\ este\ contenido|^this\ content\ can\ also\ be\ viewed\ on|^view\ this\ post\ on\b|^a\ post\ shared\ by\b
    |^\W*\d{1,3}\ ?(?:of|von|de|sur|di|/)\ ?\d{1,3}\W*$
    |^\W*(?:advertisement|advert|anzeige|werbung|publicité|passer\ la\ publicité|publicidad|pubblicità|reklama?|реклама|광고|広告|广告)\b.{0,60}$
    |^\W*(?:annons|mainos|hirdetés|oglas|advertentie|publicidade|iklan|quảng\ cáo|διαφήμιση|إعلان|تبلیغات|פרסומת|विज्ञापन|বিজ্ঞাপন|โฆษณา)\W*$
    |^\W*(?:pr|ad)\W*$
    |^(?:story\ continues\ below|article\ content|recommended\ videos|supported\ by|promotion)\W*$
    |^\W*(?:lesedauer|reading\ time|estimated\ reading|temps\ de\ lecture|tiempo\ de\ lectura|tempo\ di\ lettura)\b.{0,25}$
    |^\W*\d{1,3}\ ?(?:min\w{0,6})\W{0,2}\ ?(?:read|lesezeit|de\ lectura|de\ lecture|leestijd|läsning)\b.{0,20}$
    |^\d{1,2}\.\d{1,2}\.\d{4}\ \|\ \d{1,3}:\d\d\ min
    |^session\ expired|^please\ log\ in\ again
    |^(?:kommentar\ abgeben|leave\ a\ (?:comment|reply)|discuss\ this\ in\ the\ forum|\d+\ comments?)\b.{0,30}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# a shop's share in what readers buy; such lines are long
_COMMISSION = re.compile(
    r"\b(?:we|i|us|site|page|partners?|\w+\.com|may|might)\b.{0,40}\b(?:earn|receive|get|make|collect)s?\b.{0,40}\bcommissions?\b"
    r"|\bmay get a share of the sale\b|\bearns?\b.{0,20}\bfrom qualifying purchases\b"
    r"|\b(?:contains?|through|via|uses?|are)\s(?:\w+\s){0,2}affiliate[\s-](?:links?|partners?)\b|\baffiliate-links?\b.{0,60}\b(?:enthalten|gekennzeichnet)"
    r"|\bindependently (?:selected|chosen|reviewed|picked)\b.{0,200}\b(?:links?|buy|purchase)\b",
    re.IGNORECASE,
)
# labels, invitations and notices of Chinese, Japanese and Korean sites
_EASTERN = re.compile(
    "责任编辑|責任編輯|^\\W*(?:编辑|編輯|原标题|原標題)[:\uff1a]|版权(?:声明|与免责)|免责声明|未经.{0,12}(?:授权|许可|书面).{0,30}(?:不得|禁止|转载)"
    "|扫一扫|扫描.{0,8}二维码|^分享(?:到|让)|^\\W*(?:相关|相關)(?:阅读|新闻|链接|报道|推荐|文章|新聞)|^\\W*(?:推荐阅读|延伸阅读|延伸閱讀|更多精彩|上一篇|下一篇)|打印本稿|【关闭】|关闭窗口"
    "|关注.{0,12}(?:公众号|微信|微博)|關注.{0,12}(?:粉絲|臉書)|뉴스레터.{0,12}(?:구독|신청)|(?:メールマガジン|メルマガ|ニュースレター).{0,8}(?:登録|購読)"
    "|会員限定|有料会員|会員登録|読み放題|^\\W*(?:関連|おすすめ)(?:記事|キーワード|リンク|ニュース|情報)|^あわせて読みたい|^続きを読む|フォローする$|メールマガジンで"
    "|^\\W*관련\\s?기사|기자\\s+\\S+@"
)
# characters: such a line in these scripts is no paragraph
_MOST_EASTERN = 120
# the first character of these scripts, that of Korean letters
_FIRST_EASTERN = "\u1100"
# characters of a line that names a source
_MOST_SOURCE = 80
# words of a credit: in a longer line it is followed by a sentence
_MOST_CREDIT_WORDS = 25
# words of a line about commissions
_MOST_COMMISSION_WORDS = 90
# copyright lines, consent to embedded content, errors of scripts, forms of comments
_NOTICE = re.compile(
    r"""
    ^(?:copyright|\(c\))|[\u00a9\u24d2]|\ball\ rights\ reserved\b|\u7121\u65ad\u8ee2\u8f09|\ubb34\ub2e8\uc804\uc7ac
    |\b(?:accept|allow|zustimm\w+|einverstanden|externer?n?\ inhalt|personenbezogene)\b.*\b(?:cookies?|inhalt|content|daten)\b
    |^externer\ inhalt\ nicht|privatsphäre-?einstellungen
    |there\ was\ an\ error|an\ error\ (?:has\ )?occurred|please\ try\ again\ later
    |\beinloggen\b.{0,20}\bkommentar|\blog(?:ged)?\ ?in\ to\ (?:post|comment|leave)
    |your\ (?:public\ )?display\ name|logout\ and\ then\ login|this\ copy\ is\ for\ your\ personal
    """,
    re.IGNORECASE | re.VERBOSE,
)
# "Tuesday, 24 November 2026, 10:31", "2026-11-24", "24.11.2026" with little text around them
_DATE_ALONE = re.compile(
    r"""
    ^\W*(?:\w+\W+){0,4}?\d{1,2}[.:]?\W+(?:\w+\W+){0,3}?(?:19|20)\d\d\b.{0,25}$
    |^.{0,25}\b(?:19|20)\d\d[-/.\u5e74]\s?\d{1,2}[-/.\u6708]\s?\d{1,2}.{0,40}$
    |^.{0,12}\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d.{0,25}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# characters: a date with weekday, time and zone has fewer; a longer line is a sentence with a date
_MOST_DATE_CHARACTERS = 70


# patterns that match from the start of a short line, each with the reason
_RULES = (
    (_RESIDUE, "left of an embedded post or an advertisement"),
    (_CREDIT, "a credit"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A pattern that is looked for in lines of at most so many words.

    hints  each line that the pattern matches has one of these in it, and looking for them first is ten times as fast; an
           alternative added to the pattern needs its hint here
    """

    pattern: re.Pattern[str]
    most_words: int
    reason: str
    hints: tuple[str, ...]


_HINTED_RULES = (
    _Rule(
        pattern=_COMMISSION, most_words=_MOST_COMMISSION_WORDS, reason="a notice of commissions",
        hints=("commission", "affiliate", "share of the sale", "qualifying", "independently"),
    ),
    _Rule(
        pattern=_INVITATION, most_words=_MOST_WORDS, reason="an invitation",
        hints=(
            "sign", "subscri", "regist", "newsletter", "inbox", "follow", "@", "like this", "share it", "tell us", "join", "fehler",
            "thank", "order", "print", "skip", "abon", "melden", "holen", "inscri", "recev", "suscr", "apúntate", "recib",
            "iscriv", "inscreva", "assine", "receba", "cadastre", "zapisz", "подпи", "підпи", "schrijf", "meld", "prenumer", "anmäl",
            "tilaa", "folg", "suivez", "sígue", "síganos", "seguici", "siga", "obserwuj", "polub", "читайте нас",
            "следите", "volg", "följ", "følg", "seuraa", "تابع", "takip ed",
        ),
    ),
    _Rule(
        pattern=_READ_ON, most_words=_MOST_WORDS, reason="a pointer to another article",
        hints=(
            "lesen", "mehr", "auch", "lire", "anche", "lees", "leia", "lea ", "les ", "läs", "læs", "czytaj", "čtěte", "lue ", "ayr",
            "читайте", "miss", "also", "more", "watch", "related", "read",
        ),
    ),
    _Rule(
        pattern=_NOTICE, most_words=_MOST_WORDS, reason="a notice",
        hints=(
            "copyright", "(c)", "\u00a9", "\u24d2", "reserved", "\u7121\u65ad", "\ubb34\ub2e8", "cookie", "inhalt", "content",
            "daten", "error", "again", "loggen", "log", "privatsph", "display name", "your personal",
        ),
    ),
)  # fmt: skip


def find_boilerplate(line: str, *, is_edge: bool) -> str | None:
    """Return the reason, worded for a person, why a line is boilerplate; None if it is not.

    is_edge  the line is among the first or last of the body, where a date alone is not part of a list
    """
    if is_boilerplate_line(line):
        return "boilerplate of any page"
    if is_edge and _is_date_alone(line):
        return "a date alone"
    if is_edge and len(line) <= _MOST_SOURCE and _SOURCE.match(line):
        return "a credit"
    words = len(line.split())
    return _find_short(line, words) or _find_hinted(line, words)


def _find_short(line: str, words: int) -> str | None:
    # the largest of its characters shows whether it has any of those scripts, and most lines have none
    if max(line) >= _FIRST_EASTERN and len(line) <= _MOST_EASTERN and _EASTERN.search(line):
        return "a notice"
    rules = _RULES if words <= _MOST_CREDIT_WORDS else ()
    return next((reason for pattern, reason in rules if pattern.match(line)), None)


def _find_hinted(line: str, words: int) -> str | None:
    rules = [rule for rule in _HINTED_RULES if words <= rule.most_words]
    lowered = line.casefold() if rules else ""
    for rule in rules:
        if _has_one(lowered, rule.hints) and rule.pattern.search(line):
            return rule.reason
    return None


def _has_one(line: str, hints: tuple[str, ...]) -> bool:
    # a loop is twice as fast as `any` with a generator, and this is asked of every line
    for hint in hints:  # noqa: SIM110
        if hint in line:
            return True
    return False


def _is_date_alone(line: str) -> bool:
    is_short = len(line) < _MOST_DATE_CHARACTERS and line[-1:] not in {".", "!", "?"}
    return is_short and bool(_DATE_ALONE.match(line))
