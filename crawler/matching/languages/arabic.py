"""Arabic: conjunctions and prepositions written onto a word (wa, fa, bi, ka, li), the article, and broken plurals."""

from collections.abc import Iterator
from functools import lru_cache

_AL = "ال"
# and, so, in, as, to, alone and as they are heaped up
_PREFIXES = ("و", "ف", "ب", "ك", "ل", "وب", "ول", "فل", "فب", "وك")
_FEWEST = 3


def list_forms(word: str) -> Iterator[str]:
    """Yield a word of three letters or more with prefixes, and its plurals or its singular with and without the article."""
    if len(word) < _FEWEST:
        return
    for form in (word, _AL + word.removeprefix(_AL), *list_other_numbers(word)):
        yield form
        yield from list_openings(form)


def list_openings(word: str) -> Iterator[str]:
    """Yield a word with prefixes; li and the article become one."""
    if not word.startswith(_AL):
        for prefix in _PREFIXES:
            yield prefix + word
        return
    for prefix in ("و", "ب", "ف", "ك", "وب", "فب", "وك"):
        yield prefix + word
    for prefix in ("لل", "ولل", "فلل"):
        yield prefix + word.removeprefix(_AL)


def list_other_numbers(word: str) -> tuple[str, ...]:
    """Return the broken plurals of a singular, or the singular of one, each with and without the article."""
    bare = word.removeprefix(_AL)
    found = _numbers().get(bare, ())
    if bare.endswith("ة"):
        # a feminine noun has its plural in -at as well: government, governments
        found = (*found, bare[:-1] + "ات")
    return (*found, *(_AL + other for other in found))


@lru_cache(maxsize=1)
def _numbers() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in _BROKEN_PLURALS.split(","):
        singular, *plurals = row.split()
        found[singular] = (*found.get(singular, ()), *plurals)
        for plural in plurals:
            found[plural] = (*found.get(plural, ()), singular)
    return found


# singular and plurals of nouns that are frequent in news
_BROKEN_PLURALS = """
رئيس رؤساء, وزير وزراء, صاروخ صواريخ, هجوم هجمات هجومات, جندي جنود, دولة دول, حزب أحزاب, سفينة سفن, طائرة طائرات, قتيل قتلى,
جريح جرحى, أسير أسرى, مدينة مدن, شركة شركات, حرب حروب, سجن سجون, كتاب كتب, رجل رجال, ولد أولاد, طفل أطفال, امرأة نساء, شهيد شهداء,
عامل عمال, طالب طلاب طلبة, قائد قادة, زعيم زعماء, أمير أمراء, ملك ملوك, سفير سفراء, خبير خبراء, عضو أعضاء, نائب نواب, قاض قضاة,
محكمة محاكم, قانون قوانين, قرار قرارات, مجلس مجالس, بنك بنوك, مصرف مصارف, سوق أسواق, سعر أسعار, سهم أسهم, مال أموال, ميناء موانئ,
مطار مطارات, جسر جسور, طريق طرق, شارع شوارع, حي أحياء, قرية قرى, بلد بلاد بلدان, منطقة مناطق, إقليم أقاليم, جزيرة جزر, بحر بحار,
نهر أنهار, جبل جبال, سلاح أسلحة, قنبلة قنابل, مدفع مدافع, دبابة دبابات, لغم ألغام, قذيفة قذائف, رصاصة رصاص, جيش جيوش, لواء ألوية,
كتيبة كتائب, فصيل فصائل, جبهة جبهات, هدف أهداف, خطر أخطار مخاطر, تهديد تهديدات, أزمة أزمات, مشكلة مشاكل مشكلات, حادث حوادث, كارثة كوارث,
زلزال زلازل, حريق حرائق, فيضان فيضانات, مرض أمراض, وباء أوبئة, فيروس فيروسات, لقاح لقاحات, دواء أدوية, طبيب أطباء, مستشفى مستشفيات,
مدرسة مدارس, جامعة جامعات, مسجد مساجد, كنيسة كنائس, معبد معابد, بيت بيوت, منزل منازل, مبنى مباني مبان, مخيم مخيمات, لاجئ لاجئون لاجئين,
نازح نازحون نازحين, مهاجر مهاجرون مهاجرين, ضحية ضحايا, رهينة رهائن, سجين سجناء, معتقل معتقلون معتقلين, خبر أخبار, صحيفة صحف, صورة صور,
تقرير تقارير, مصدر مصادر, موقع مواقع, مشروع مشاريع مشروعات, عقد عقود, صفقة صفقات, ضريبة ضرائب, عملة عملات, دولار دولارات, حقل حقول,
بئر آبار, مصنع مصانع, معمل معامل, محطة محطات, شبكة شبكات, خط خطوط, أنبوب أنابيب, ناقلة ناقلات, باخرة بواخر, قارب قوارب, قطار قطارات,
سيارة سيارات, حافلة حافلات, حدث أحداث, موعد مواعيد, شهر أشهر شهور, يوم أيام, عام أعوام, سنة سنوات سنين, فريق فرق, لاعب لاعبون لاعبين,
نجم نجوم, بطل أبطال, فيلم أفلام, أثر آثار, قبر قبور, قصر قصور, حصن حصون, حد حدود, حق حقوق, سبب أسباب, شرط شروط, بند بنود, طرف أطراف,
جانب جوانب, وفد وفود, جلسة جلسات, حكم أحكام, تهمة تهم, جريمة جرائم, مجرم مجرمون مجرمين, عدو أعداء, صديق أصدقاء, حليف حلفاء, شريك شركاء,
خصم خصوم, عقوبة عقوبات, صوت أصوات, رأي آراء, فكرة أفكار, علم علوم أعلام, عالم علماء, باحث باحثون باحثين, تاجر تجار, مسلم مسلمون مسلمين
"""
