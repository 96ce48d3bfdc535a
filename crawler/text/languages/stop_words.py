"""Words that do not say what a text is about: the frequent words of a language, months, days and news agencies.

The lists are those that jusText (installed with trafilatura) ships for a hundred languages: what is frequent in
Wikipedia. They include some meaningful words ("football"), so callers should also look at how frequent a word is
in their own texts.
"""

import unicodedata
from functools import lru_cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError

# frequent in English news stories but not in Wikipedia, so they are missing from jusText's list
_ENGLISH = """you your yours yourself our ours ourselves us me my mine myself theirs themselves itself herself
    feel feels felt meet meets met follow follows wrong fact facts problem problems case cases nation nations authorities authority
    deny denies denied act acts acted issue issues plan plans planned move moves chance reason reasons question questions answer
    call calls try tries tried happen happens happened start starts begin begins stop stops stopped change changes changed
    real true clear sure possible likely big bigger biggest little less least better bad worse worst hard easy
    why how lot lots kind sort bit end ends next past present future
    above below behind beyond beside besides toward towards despite except inside outside onto whose whom shall might cannot
    ought yet ever too quite really perhaps maybe instead indeed already always sometimes nearly rather else anyway
    say says said saying tell tells told ask asked asks speak spoke spoken talk talks according reportedly report reports reported
    reporter reporters spokesman spokeswoman spokesperson official officials statement secretary minister source sources news newspaper
    today yesterday tomorrow tonight week weeks weekend month months morning afternoon evening night hour hours minute minutes moment
    thing things something anything nothing everything someone anyone everyone nobody somebody everybody person man woman
    come comes coming going goes gone want wants wanted need needs needed think thinks thought know knows knew believe expect expected
    look looks looking seem seems seemed keep keeps kept let lets put puts bring brings brought turn turned give gives giving
    hundred hundreds thousand thousands dozen dozens percent billion trillion seven eight nine ten half quarter
    here ahead away earlier later ago soon afterwards meanwhile however therefore thus while unless whether
    mr mrs ms dr sir photo image video caption read click story stories article""".split()  # noqa: SIM905
_AGENCIES = frozenset(
    "reuters xinhua bloomberg interfax tass associated press ansa apa belga yonhap kyodo agence france-presse newswire".split()  # noqa: SIM905
)


def is_stop_word(word: str, language: str) -> bool:
    """Return whether a word is a stop word of the language, or names a month, a day or a news agency."""
    folded = word.casefold()
    return folded in _AGENCIES or folded in _list_words(language) or folded in list_times(language)


# thirty of a hundred languages stay in memory; a further one displaces the one unused longest
@lru_cache(maxsize=30)
def _list_words(language: str) -> frozenset[str]:
    name = _name_list(language)
    file = files("justext") / "stoplists" / f"{name}.txt"
    listed = file.read_text(encoding="utf-8").split() if name and file.is_file() else []
    plain = (word.strip(".,\"'()").casefold() for word in listed)
    return frozenset(plain) | (frozenset(_ENGLISH) if language == "en" else frozenset())


def _name_list(language: str) -> str:
    """Return the English name of a language as jusText spells it, ``Norwegian_Bokmal`` for ``nb``; empty if unknown."""
    try:
        name = Locale.parse(language).english_name or ""
    except (UnknownLocaleError, ValueError):
        return ""
    # jusText names its files in ASCII, and has one list for Norwegian
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return {"Norwegian": "Norwegian_Bokmal"}.get(plain, plain.replace(" ", "_"))


@lru_cache(maxsize=30)
def list_times(language: str) -> frozenset[str]:
    """Return the names of months and days, full and abbreviated, in a language and in English."""
    found = set[str]()
    for code in (language, "en"):
        try:
            locale = Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
        for names in (locale.months, locale.days):
            for forms in names.values():
                for width in ("wide", "abbreviated"):
                    texts = forms.get(width, {}).values()
                    found.update(str(text).strip(".").casefold() for text in texts)
    return frozenset(found)
