"""Endings of names and of words no dictionary has, as tables.

Each rule is an expression for the end of a word, and what may stand in its place, separated by spaces: the endings of all
rules that fit are put in. ``\\1`` is the first group. A form that does not exist costs nothing but its look-up, one that is
another word is vetoed by the dictionary (``forms.py``). Accents do not count when words are compared, so ``-a`` stands for
Finnish ``-ä`` too; it does not for the dictionary, which is asked for the form as written here.
"""

import re

Rules = tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]


def _read(table: dict[str, str]) -> Rules:
    # an ending of its own is written as a hyphen
    return tuple(
        (
            re.compile(f"(?:{end})$"),
            tuple("" if each == "-" else each for each in endings.split()),
        )
        for end, endings in table.items()
    )


_FINNISH_CASES = "n lla llä lle lta ltä ssa ssä sta stä na nä ksi"
_FINNISH = {
    # Nokia: Nokian, Nokiaa, Nokiassa, Nokiaan
    r"([aeiouyäö])": " ".join(
        rf"\1{case}" for case in (*_FINNISH_CASES.split(), "a", "ä", "ta", "tä", "t", "kin")
    )
    + r" \1\1n \1han \1hen \1hin \1hon \1hun",
    # Putin: Putinin, Putinia, Putinissa, Putiniin
    r"(?<=[^aeiouyäö])": " ".join(
        f"i{case}" for case in (*_FINNISH_CASES.split(), "a", "ä", "in", "t")
    ),
    # Valtonen: Valtosen, Valtosta, Valtoseen
    r"nen": "sen sta stä sella selle selta sessa sesta seen sena seksi set",
    # Helsinki: Helsingin; Turku: Turun; Lahti: Lahden; the weak grade before most endings
    **{
        strong + "([aeiouyäö])": " ".join(rf"{weak}\1{case}" for case in _FINNISH_CASES.split())
        for strong, weak in {"nk": "ng", "kk": "k", "pp": "p", "tt": "t", "rk": "r", "nt": "nn", "rt": "rr", "mp": "mm"}.items()
    },
    r"(?<=[hlnr])ti": " ".join(f"de{case}" for case in _FINNISH_CASES.split()) + " tea teen",
    # the second part of many names of places: Mustajoki: Mustajoen; Kuusamojärvi: Kuusamojärven
    **{
        base: " ".join(stem + case for case in _FINNISH_CASES.split())
        for base, stem in {"joki": "joe", "mäki": "mäe", "lampi": "lamme", "selkä": "selä", "vesi": "vede"}.items()
    },
    r"(niem|järv|salm|vuor|saar|kiv)i": " ".join(rf"\1e{case}" for case in _FINNISH_CASES.split()) + r" \1een",
    # Kokoomus: Kokoomuksen; Hades: Hadeksen
    r"(?<=[aeiouyäö])s": " ".join(f"kse{case}" for case in _FINNISH_CASES.split()) + " sta stä kseen",
}  # fmt: skip
_ESTONIAN_CASES = "- t s st sse le lt l ga ni ks na ta d"
_ESTONIAN = {
    r"([aeiouõäöü])": " ".join(
        rf"\1{case}" for case in _ESTONIAN_CASES.split() if case != "-"
    ),
    # Putin: Putini, Putinile; Kallas: Kallase; Tallinn: Tallinna; Kaljulaid: Kaljulaidi
    # NSV: NSVs
    r"(?<=[^aeiouõäöü])": "t s d ga le lt st "
    + " ".join(
        link + case.strip("-") for link in ("i", "e", "a") for case in _ESTONIAN_CASES.split()
    ),
}  # fmt: skip
_CROATIAN = {
    # Plenković: Plenkovića, Plenkoviću, Plenkovićem, Plenkovićeva
    r"(?<=[^aeiou])": "a u om em e i ima ov ova ovo ove ovi ovu ovim ovih ovog ev eva evo eve evi evu evim evih evog",
    # Ukrajina: Ukrajine, Ukrajini, Ukrajinu, Ukrajinom; Milanka: Milankin
    r"a": "e i u o om in ina ine inu ino ini ama",
    # Hrvatska: Hrvatskoj
    r"(?<=[sščćzg]k)a": "oj",
    r"(?<=[sšcčćdž]k)i": "og oga om ome im ih oj a e u",
    # Kosovo: Kosova, Kosovu, Kosovom; Marko: Marka, Markov
    r"o": "a u om e ov ova ovo ove ovi ovu",
    r"e": "a u em ta tu tom tova",
    r"i": "ja ju jem jev jeva jevo jeve",
    # Milorad Pupovac: Pupovca; Pavao: Pavla
    r"a([cklrnt])": r"\1a \1u \1om \1em \1e \1i \1ov \1ova \1ovo \1ove \1ovu",
    r"ao": "la lu lom le lov lova",
}  # fmt: skip
_UKRAINIAN = {
    r"(?<=[^аеєиіїоуюяйь])": "а у ом ові і ем им е и ів ам ами ах",
    r"(?<=[сцз]ьк)ий": "ого ому им ім і их ими а у ою ої ій",
    r"ий": "ого ому им ім і их а у ою",
    # Київ: Києва; Львів: Львова; Харків: Харкова
    r"([іїо])в": "ова ову овом ові ове єва єву євом єві єве ева еву",
    r"о": "а у ом ові і и",
    r"а": "и і у ою о ам ами ах",
    r"(?<=[сцз]ьк)а": "ої ій",
    r"(?<=[оеє]в|.н)а": "ої ій",
    r"ка": "ці",
    r"ець": "ця цю цем цеві ці",
    r"я": "і ї ю ею єю є ям ями",
    r"(?<=[аеєиіїоуюя])й": "я ю єм єві ї є",
    r"ь": "я ю ем еві і",
}  # fmt: skip
_RUSSIAN = {
    r"(?<=[^аеёиоуыэюяйь])": "а у ом ем е ы и ым ов ам ами ах",
    r"(?<=[вн])": "а у ым е ой ы",
    r"(?<=[сцз]к)ий": "ого ому им ом ие их ими ая ую ой",
    r"(?<=[нвтл])ый": "ого ому ым ом ые ых ыми ая ую ой",
    r"а": "ы и е у ой ою ам ами ах",
    r"(?<=к)ая": "ой ую ою",
    r"ец": "ца цу цем це цы",
    # nouns that look like adjectives: сборная: сборной; целое: целого; данные: данных; заявление: заявления
    r"ая": "ой ую ою ые ых ым ыми",
    r"ое": "ого ому ым ом ые ых",
    r"[ыи]е": "ых ым ыми их им ими",
    r"(?<=и)е": "я ю ем и й ям ями ях",
    r"я": "и е ю ей ею",
    r"(?<=[аеиоуыэюя])й": "я ю ем е и",
    r"ь": "я ю ем е и ью",
}  # fmt: skip
_CZECH = {
    r"(?<=[^aeiouyáéíóúůýě])": "a e u i y ovi em om ě ův ova ovo ovu ových ové ům",
    r"a": "y ovi u ou o ův ě e ovou",
    r"o": "a u em ovi ě e",
    r"(?<=[sc]k)[ýy]j?": "ého ému ým ém á é ou yjho yjmu",
    r"(?<=[^k])ý": "ého ému ým ém á é ou",
    # Pavel: Pavla; Babinec: Babince
    r"e([lckrn])": r"\1a \1e \1i \1ovi \1em \1ův \1ova",
    # Tománková: Tománkovou
    r"á": "é ou",
    r"ie|[ií]": "í e ii ího ímu ích ím ími",
    # renovace: renovací
    r"(?<=[^i])e": "í i ím emi ích",
}  # fmt: skip
_POLISH = {
    r"(?<=[scz]k)i": "a ą ie iej imi",
    r"i": "iego iemu im ich iemi",
    r"(?<=[scz])ki": "cy",
    r"(?<=[^aeiouyąęó])": "a owi owie em ie iem u om ów y i ami ach",
    r"a": "y i ę ą o ie e ów om ej iej",
    r"y": "ów om ami ach ego emu ym ych ymi a ą ej",
    r"e": "ego emu ych ym",
    r"ia": "i ię ią io ii",
    # Aleksander: Aleksandra; Dawid: Dawidzie
    r"er": "ra rowi rem rze",
    r"r": "rze",
    r"d": "dzie",
    r"t": "cie",
    r"ł": "le",
    # Duda: Dudzie; Polska: Polsce; Warta: Warcie
    r"da": "dzie",
    r"ka": "ce",
    r"ga": "dze",
    r"ra": "rze",
    r"ta": "cie",
    r"ła": "le",
    r"o": "a owi em ie u",
    # zachowanie: zachowania
    r"(?<=[nc]i)e": "a u em om ami ach",
    r"ek": "ka kowi kiem ku",
    r"ec": "ca cowi cem cu",
    # Kijów: Kijowa
    r"ów": "owa owowi owem owie",
}  # fmt: skip
_ROMANIAN = {
    r"a": "ei ă o e ele elor ii",
    r"(?<=[^aeiouăâî])": "ul ului ule i ii ilor uri urile urilor",
    r"([iuoe])": r"\1l \1lui \1lor \1le",
    r"ș": "șul șului",
    r"ești": "eștiul eștiului eștii eștilor eștiule",
    r"ia": "iei ie ii iile iilor",
    r"ca|că": "căi chii",
}  # fmt: skip
_GREEK = {
    r"[οό]ς": "ου ο ό ού ε έ οι οί ων ών ους ούς",
    r"[αά]ς": "α ά ες ές ων ών αδες άδες αδων άδων",
    r"[ηή]ς": "η ή ες ές ων ών ηδες ήδες ηδων ήδων ους",
    r"[αά]": "ας άς ες ές ων ών",
    r"[ηή]": "ης ής ες ές ων ών ις εων",
    r"[οό]": "ου ού α ά ων ών",
    r"[ιί]": "ιου ιού ια ιά ιων ιών",
}  # fmt: skip
_HUNGARIAN = {
    # Trump: Trumpot, Trumpnak, Trumppal
    r"(?<=[^aeiouáéíóöőúüű])": "t ot et at öt ban ben ba be ból ből ra re ról ről on en ön nak nek hoz hez höz tól től nál nél ig ért ék ok ek",
    r"([bcdfghjklmnpqrstvwxz])": r"\1\1al \1\1el",
    r"(?<=[eioéíóöőúüű])": "t ban ben ba be ból ből ra re ról ről n nak nek hoz hez höz tól től nál nél ig ért val vel ék k",
    r"a": "át ában ába ából ára áról án ának ához ától ánál áig áért ával ák áék",
    r"e": "ét ében ébe éből ére éről én ének éhez étől énél éig éért ével ék",
}  # fmt: skip
_BENGALI = {
    "": "র ের কে তে ে ি ও ই টি টা গুলো গুলি গুলোর গুলির গুলিতে েও েই রা দের য় য়ের ীয় রও কেও",
}
_HINDI = {
    "(?<=[\u0915-\u0939\u0958-\u095f])": "ों ें ो े ी",
    "ा": "े ों ो",
    "ी|ि": "ियों ियां ियाँ ियो",
    "ी": "ी",
    "(?<=[\u093e\u0941-\u094d])": "ओं ओ एं एँ",
}
_PERSIAN = {
    "": "ها های هایی هایش هایشان هایم هایمان ان ی ش شان مان را",
    "(?<=[اوه])": "ی یی یش یشان یان ای",
    "(?<=..)ه": "گان",
}
_URDU = {
    "(?<=..[^اہی])": "وں یں ات",
    "(?<=...[^اہی])": "ی یوں",
    "(?<=..)[اہ]": "ے وں",
    "(?<=..)ا": "اؤں ائیں",
    "(?<=.)ہ": "ہوں ہیں",
    # لڑکی: لڑکیاں; not لڑکوں, which are the boys
    "(?<=..)ی": "یوں یاں یو",
}
_GEORGIAN_CASES = "ს მა ის ისა ით ითა ად ში ზე თან დან იდან ისთვის ისგან ისთან ო მდე ამდე ც"
_GEORGIAN = {
    # ბორელი: ბორელის, ბორელმა; ომი: ომები
    "ი": f"- {_GEORGIAN_CASES} სა სთან ები ების ებს ებმა ებში ებზე ებით ებისა ებად ებთან ებისთვის ებიდან",
    # არისტოტელე: არისტოტელეს; რუსეთუმე
    "(?<=[აეოუ])": "ს მ სა თი თა დ დ ში ზე სთან დან სთვის სგან მდე ც",
    "[აე]": "ის ისა ით ითა ები ების ებს ებმა ებში ებზე ებით ებისა ებად ებისთვის ებიდან",
    "(?<=[ბ-დვ-თკ-ნპ-ტფ-ჰ])": "ს ი მა ის ისა ით ად ში ზე თან ისთვის",
}

RULES = {
    code: _read(table)
    for code, table in {
        "bn": _BENGALI, "cs": _CZECH, "el": _GREEK, "et": _ESTONIAN, "fa": _PERSIAN, "fi": _FINNISH, "hi": _HINDI, "hr": _CROATIAN,
        "hu": _HUNGARIAN, "ka": _GEORGIAN, "pl": _POLISH,
        "ro": _ROMANIAN, "ru": _RUSSIAN, "uk": _UKRAINIAN, "ur": _URDU,
    }.items()
}  # fmt: skip


def add_endings(word: str, rules: Rules) -> list[str]:
    """Return the forms that rules make of a word, in their order; some of them twice."""
    found = ((end.search(word), endings) for end, endings in rules)
    return [
        word[: at.start()] + at.expand(ending) for at, endings in found if at for ending in endings
    ]
