"""Atoms: the smallest things an article says and a watch looks for, each with near misses that must find nothing.

An article is made of filling and atoms, so what it says is known without reading it. No atom's sentence says another
atom, and none of their words is in the filling (``STEMS`` is banned there).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """An atom.

    headline    its words in a headline
    sentences   whole sentences that say it once; {} is replaced by filling
    near_misses sentences that hold its words, or most of them, and do not say it
    stems       stems that filling must not contain
    """

    name: str
    language: str
    headline: str
    sentences: tuple[str, ...]
    near_misses: tuple[str, ...] = ()
    stems: tuple[str, ...]


def _atom(name: str, language: str, headline: str, *sentences: str, stems: str, misses: tuple[str, ...] = ()) -> Atom:  # fmt: skip
    return Atom(
        name=name,
        language=language,
        headline=headline,
        sentences=sentences,
        near_misses=misses,
        stems=tuple(stems.split()),
    )


ATOMS = {
    atom.name: atom
    for atom in (
        _atom("drone", "en", "Drones over {}", "Two drones crossed {} before dawn.", "A drone fell near {} on Tuesday.", "Pilots saw drones above {} twice.", stems="dron uav"),
        _atom("power cut", "en", "Power cut at {}", "A power cut left {} in the dark.", "After the power cut came {} again.", stems="power", misses=("The power to cut {} lies with the board.",)),
        _atom("glacier", "en", "Glacier above {}", "The glacier moved towards {} again.", "Walkers left the glacier for {} early.", stems="glaci"),
        _atom("lake", "en", "Lake near {}", "The lake was closed for {} last week.", "Anglers at the lake spoke of {} softly.", stems="lake", misses=("A flake of snow fell on {} at noon.",)),
        _atom("ash", "en", "Volcano throws ash on {}", "The volcano threw ash on {} for hours.", "Ash of the volcano reached {} by night.", stems="volcan ash", misses=("A volcano stood on the stamp that collectors from {} were shown in the rooms of their club, where an ash tree grows.",)),
        _atom("comet", "en", "Comet above {}", "A bright comet stood over {} all night.", "Through the comet people learned of {} too.", stems="comet meteor"),
        _atom("meteor", "en", "Meteor over {}", "A meteor lit the sky above {} briefly.", stems="meteor"),
        _atom("WHO", "en", "WHO team visits {}", "The WHO sent a team to {} on Monday.", "Doctors of the WHO praised {} warmly.", stems="w.h.o", misses=("Nobody knew who had painted {} so well.",)),
        _atom("referendum", "en", "Referendum on {}", "The referendum about {} is in June.", stems="referend"),
        _atom("otter", "en", "Otter at {}", "An otter was seen at {} by children.", stems="otte beaver"),
        _atom("zoo", "en", "Zoo buys {}", "The zoo paid for {} at once.", stems="zoo"),
        _atom("lighthouse", "en", "Lighthouse of {}", "The lighthouse shows {} the way.", "Painters came to the lighthouse with {} in May.", "Nobody lives in the lighthouse of {} now.", stems="lighthouse"),
        _atom("kyiv", "en", "Kiev airport and {}", "The airport of Kyiv opened {} again.", "Near Kiev an airport took {} in.", stems="kyiv kiev airport", misses=("In Kyiv the theatre of {} was full.",)),
        _atom("depot", "en", "Oil depot at {}", "An oil depot burned near {} all day.", "The depot for crude oil stood by {} once.", stems="oil depot", misses=("Olive oil from {} was sold out, said the shop beside a bus and tram depot.",)),
        _atom("cpp", "en", "C++ for {}", "Courses in C++ begin at {} in May.", stems="c++", misses=("Vitamin C was given to {} in spring.",)),
        _atom("strike", "en", "Dockers call a strike at {}", "Dockers began a strike at {} today.", stems="docker strik struck"),
        _atom("Drohne", "de", "Drohnen über {}", "Eine Drohne flog über {} am Morgen.", "Zwei Drohnen wurden bei {} gesehen.", stems="drohn", misses=("Ein Drohnenangriff wurde für {} geübt.",)),
        _atom("Erdbeben", "de", "Erdbeben bei {}", "Ein Erdbeben erschütterte {} gestern.", "Nach dem Erdbeben fehlte {} lange.", stems="erdbeb", misses=("Die Erdbebenwarte meldete {} erneut.",)),
        _atom("grève", "fr", "Grève à {}", "La grève a touché {} ce matin.", "Une grève commence à {} lundi.", stems="grève greve grèv"),
        _atom("terremoto", "es", "Terremoto en {}", "Un terremoto sacudió {} ayer.", "El terremoto dejó {} sin agua.", stems="terremoto"),
        _atom("alluvione", "it", "Alluvione a {}", "Una alluvione ha colpito {} ieri.", "Dopo la alluvione resta {} ancora.", stems="alluvion"),
        _atom("землетрясение", "ru", "Землетрясение: {}", "Сильное землетрясение разрушило {} вчера.", "Землетрясение почувствовали {} ночью.", stems="землетряс"),
        _atom("زلزال", "ar", "زلزال قرب {}", "ضرب زلزال قوي {} أمس.", "شعر السكان بقوة الزلزال {} ليلا.", stems="زلزال زلازل"),
        _atom("deprem", "tr", "Deprem: {}", "Güçlü bir deprem {} sarstı.", "Deprem dün gece {} hissedildi.", stems="deprem"),
        _atom("地震", "ja", "地震と{}", "昨夜の地震で{}が揺れた。", "大きな地震のあと{}は止まった。", stems="地震"),
        _atom("지진", "ko", "지진: {}", "강한 지진이 어제 {} 흔들었다.", "지진 뒤에 {} 멈추었다.", stems="지진"),
        _atom("无人机", "zh", "无人机与{}", "一架无人机飞过{}上空。", "昨天无人机落在{}附近。", stems="无人机"),
    )
}  # fmt: skip
STEMS = tuple(
    sorted({stem.casefold() for atom in ATOMS.values() for stem in atom.stems} - {"oil", "ash"})
)
# shorter words are common in the filling
_WHOLE = (" oil ", " ash ")


# corpora hold lines such as "follow us"; boilerplate rules would drop the paragraph that such a line got into
_INVITING = ("facebook", "twitter", "instagram", "tiktok", "youtube", "whatsapp", "telegram", "linkedin", "newsletter", "subscri", "sign up", "inbox", "e-mail", "email", "cookie", "feedback", "copyright", "reserved", "register")  # fmt: skip


def banned_stems() -> tuple[str, ...]:
    """Return the stems that no piece of filling may contain."""
    return (*STEMS, "oil", "ash", *_INVITING)
