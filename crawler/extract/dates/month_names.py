# ruff: noqa: RUF001  # the names are in many scripts
"""The names of months in some seventy languages: full, short, and inflected as in a date.

Source: CLDR, as dateparser 1.3 ships it, without marks and dots; names of the Maghreb and the Levant are added.
"""

import re
import unicodedata
from functools import lru_cache

from crawler.text.languages.signs import INVISIBLE

# January to December; a word means the same month in all of these languages, except for those in _CROATIAN
_NAMES = (
    "djan djanuari ean eanair ene enero gen gener gennaio ian ianuarie ion ionawr jaan jaanuar jan janar janeiro janner januar januara januari januarie january janv janvari janvaris janvier led leden ledna lednu oc oca ocak saus sausio sausis sij sijecanj sijecnja sijecnjem sijecnju sty styczen stycznia styczniu tammi tammik tammikuu tammikuussa tammikuuta urt urtarrila urtarrilaren xan xaneiro yan yanvar ιαν ιανουαριοσ ιανουαριου стд сту студзень студзеня січ січень січня ян янв январ январь января яну януари јан јануар јануари қаң қаңтар հնվ հունվար հունվարի ינו ינואר ינו׳ جانفي جنوري كانونثاني يناير ژانويه जनवरी जन॰ जाने जानेवारी জানু জানুয়ারি জানুয়ারী ਜਨ ਜਨਵਰੀ જાન્યુ જાન્યુઆરી ஜன ஜனவரி జన జనవరి ಜನ ಜನವರಿ ജനു ജനുവരി ජන ජනවාරි มกรา มกราคม มค เดือนมกราคม ມກ ມັງກອນ ဇန် ဇန်နဝါရီ იან იანვარი ጃን ጃንዋሪ ጃንዩ ጃንዩወሪ មករា",
    "chw chwef chwefror feabh feabhra feb febbraio feber febr febreiro febrer febrero februar februara februari februarie februaris february fev fevereiro fevr fevral fevrier helmi helmik helmikuu helmikuussa helmikuuta ii lut lutego luty lutym ots otsaila otsailaren peb pebrero pebruari shk shkurt su sub subat uno unor unora unoru unr vas vasario vasaris veebr veebruar velj veljaca veljace veljaci veljacom φεβ φεβρουαριοσ φεβρουαριου ақп ақпан лют лютага лютии лютого люты фв феб фебруар фев февр феврал февраль февраля февруари փետրվար փետրվարի փտվ פבר פברואר פבר׳ شباط فبراير فبروري فروري فوريه فيفري فېبروري फ़रवरी फ़र॰ फेब्रु फेब्रुअरी फेब्रुवारी ফেব ফেব্রুয়ারি ফেব্রুয়ারী ਫ਼ਰ ਫ਼ਰਵਰੀ ફેબ્રુ ફેબ્રુઆરી பிப் பிப்ரவரி ఫిబ్ర ఫిబ్రవరి ಫೆಬ್ರ ಫೆಬ್ರವರಿ ഫെബ്രു ഫെബ്രുവരി පෙබ පෙබරවාරි กพ กุมภา กุมภาพันธ์ เดือนกุมภาพันธ์ ກພ ກຸມພາ ဖေ ဖေဖော်ဝါရီ თებ თებერვალი ፌብ ፌብሩ ፌብሩወሪ ፌብሩዋሪ កុម្ភៈ",
    "bre brezen brezna breznu iii kov kovas kovo maalis maalisk maaliskuu maaliskuussa maaliskuuta maart mac machi mae maerz mar marc marca march marcius marco marcu marec maret mars marso mart marta martie marts martxoa martxoaren marz marzec marzo maw mawrth mrt mrz ozu ozujak ozujka ozujkom ozujku μαρ μαρτιοσ μαρτιου бер берез березень березня мар март марта нау наурыз сак сакавік сакавіка մարտ մարտի մրտ מארס מרס מרץ اذار مارس مارچ मार्च মার্চ ਮਾਰਚ માર્ચ மார் மார்ச் మార్చి ಮಾರ್ಚ್ മാർ മാർച്ച് මාර් මාර්තු มีค มีนา มีนาคม เดือนมีนาคม ມນ ມີນາ မတ် მარ მარტი ማርች មីនា",
    "abr abrell abril aib aibrean api apirila apirilaren apr aprel april aprila aprile aprili aprilie aprilis aprill avr avril bal balandis balandzio dub duben dubna dubnu ebr ebrill huhti huhtik huhtikuu huhtikuussa huhtikuuta iv kwi kwie kwiecien kwietnia kwietniu ni nis nisan pri prill tra travanj travnja travnjem travnju απρ απριλιοσ απριλιου ап апр апрел апрель апреля април кві квіт квітень квітня кра красавік красавіка крс сәу сәуір ապր ապրիլ ապրիլի אפר אפריל אפר׳ ابريل افريل اوريل اپريل نيسان अप्रिल अप्रैल एप्रि एप्रिल এপ্রি এপ্রিল ਅਪ੍ਰੈ ਅਪ੍ਰੈਲ એપ્રિલ ஏப் ஏப்ரல் ఏప్రి ఏప్రిల్ ಏಪ್ರಿ ಏಪ್ರಿಲ್ ഏപ്രി ഏപ്രിൽ අප්රේල් เดือนเมษายน เมย เมษา เมษายน ມສ ເມສາ ဧပြီ აპრ აპრილი ኤፕሪ ኤፕሪል មេសា",
    "beal bealtaine geg geguze geguzes kve kveten kvetna kvetnu mag maggio mai maiatza maiatzaren maig maija maijs maio maj maja maju majus may mayis mayo mee mei svi svibanj svibnja svibnjem svibnju touko toukok toukokuu toukokuussa toukokuuta μαι μαιοσ μαιου маи мам мамыр мая мај тра трав травень травня трауня մայիս մայիսի մյս מאי ايار ماي مايو مه مي ميي مۍ نوار मई मे মে ਮਈ મે மே మే ಮೇ മേയ് මැයි พค พฤษภา พฤษภาคม เดือนพฤษภาคม ພພ ພຶດສະພາ မေ მაი მაისი ሜይ ឧសភា",
    "birz birzelio birzelis cer cerven cervna cervnu cvn cze czerwca czerwcu czerwiec djuni eka ekaina ekainaren giu giugno ha haz haziran hun hunyo iun iunie iyn iyun juin jun juna june junho juni junie junij junija junijs junio junius juny juuni kesa kesak kesakuu kesakuussa kesakuuta lipanj lipnja lipnjem lipnju meh mehefin meith meitheamh qer qershor vi xuno ιουν ιουνιοσ ιουνιου июн июнь июня мау маусым чер черв червень червня чэр чэрвень чэрвеня юн юни јун јуни հնս հունիս հունիսի יונ יוני جوان جون حزيران يونية يونيه يونيو ژوين जुन जून জুন ਜੂਨ જૂન ஜூன் జూన్ ಜೂನ್ ജൂൺ ජූනි มิถุนา มิถุนายน มิย เดือนมิถุนายน ມິຖ ມິຖຸນາ ဇွန် ივნ ივნისი ጁን មិថុនា",
    "cervence cervenci cervenec crc crv cvc djuli gor gorff gorffennaf heina heinak heinakuu heinakuussa heinakuuta hul hulyo iuil iul iulie iyl iyul juil juillet jul jula julai julho juli julie julij julija julijs julio juliol julius july juuli kor korr korrik liep liepa liepos lip lipca lipcu lipiec lug luglio srpanj srpnja srpnjem srpnju te tem temmuz uzt uztaila uztailaren vii xul xullo ιουλ ιουλιοσ ιουλιου июл июль июля лип липень липня ліп ліпень ліпеня шіл шілде юл юли јул јули հլս հուլիս հուլիսի יול יולי تموز جولاي جولايي جويلية يولية يوليه يوليو ژوييه जुलाई जुलै जुल॰ জুল জুলাই ਜੁਲਾ ਜੁਲਾਈ જુલાઈ ஜூலை జులై ಜುಲೈ ജൂലൈ ජූලි กค กรกฎา กรกฎาคม เดือนกรกฏาคม ກລ ກໍລະກົດ ဇူ ဇူလိုင် ივლ ივლისი ጁላይ កក្កដា",
    "abu abuztua abuztuaren ag ago agost agosti agosto agt agu agust agustos agustus aou aout aug august augusta augusti augusts augustus augusztus avg avgust avq avqust awst elo elok elokuu elokuussa elokuuta gsh gush gusht kol kolovoz kolovoza kolovozom kolovozu lun lunasa ogo ogos rugp rugpjucio rugpjutis sie sierpien sierpnia sierpniu srp srpen srpna srpnu viii αυγ αυγουστοσ αυγουστου авг август августа жнв жні жнівень жнівеня жніуня сер серп серпень серпня там тамыз օգոստոս օգոստոսի օգս אוג אוגוסט אוג׳ اب اغسطس اوت اګست اگست अगस्ट अगस्त अग॰ ऑग ऑगस्ट আগ আগস্ট ਅਗ ਅਗਸਤ ઑગસ્ટ ஆக ஆகஸ்ட் ఆగ ఆగస్టు ಆಗ ಆಗಸ್ಟ್ ഓഗ ഓഗസ്റ്റ് අගෝ අගෝස්තු สค สิงหา สิงหาคม เดือนสิงหาคม ສຫ ສິງຫາ ဩဂုတ် აგვ აგვისტო ኦገስ ኦገስት សីហា",
    "ey eyl eylul ira iraila irailaren ix medi mfomh rugs rugsejis rugsejo ruj rujan rujna rujnom rujnu sen sentabr sentyabr sep sept septemba septembar september septembra septembre septembri septembrie septembris septembro septiembre set setembre setembro setiembre settembre setyembre sht shtator syys syysk syyskuu syyskuussa syyskuuta szept szeptember wrz wrzesien wrzesnia wrzesniu zar zari σεπ σεπτεμβριοσ σεπτεμβριου вер верасень верасня верес вересень вересня врс сен сент сентябр сентябрь сентября сеп септ септембар септември септм қыр қыркүиек սեպ սեպտեմբեր սեպտեմբերի ספט ספטמבר ספט׳ ايلول سبتمبر ستمبر سپتامبر سپتمبر سېپتمبر شتنبر सप्टें सप्टेंबर सितंबर सितम्बर सित॰ सेप्टेम्बर সেপ সেপ্টেম্বর ਸਤੰ ਸਤੰਬਰ સપ્ટે સપ્ટેમ્બર செப் செப்டம்பர் సెప్టెం సెప్టెంబర్ ಸೆಪ್ಟೆಂ ಸೆಪ್ಟೆಂಬರ್ സെപ്റ്റം സെപ്റ്റംബർ සැප් සැප්තැම්බර් กย กันยา กันยายน เดือนกันยายน ກຍ ກັນຍາ စက် စက်တင်ဘာ სექ სექტემბერი ሴፕቴ ሴፕቴምበር កញ្ញា",
    "dfomh ek eki ekim hyd hydref listopadom loka lokak lokakuu lokakuussa lokakuuta oct october octobre octombrie octubre okt oktabr oktoba oktobar oktober oktobra oktobri oktobris oktoober oktubre oktyabr ott ottobre out outubro paz pazdziernik pazdziernika pazdzierniku rij rijen rijna rijnu spal spalio spalis tet tetor urr urria urriaren οκτ οκτωβριοσ οκτωβριου жов жовт жовтень жовтня кас кастрычнік кастрычніка кст окт октобар октомври октябр октябрь октября қаз қазан հոկ հոկտեմբեր հոկտեմբերի אוק אוקטובר אוק׳ اكتبر اكتوبر تشريناول अक्टूबर अक्टोबर अक्तूबर अक्तू॰ ऑक्टो ऑक्टोबर অক্টো অক্টোবর ਅਕਤੂ ਅਕਤੂਬਰ ઑક્ટો ઑક્ટોબર அக் அக்டோபர் అక్టో అక్టోబర్ ಅಕ್ಟೋ ಅಕ್ಟೋಬರ್ ഒക്ടോ ഒക്ടോബർ ඔක් ඔක්තෝබර් ตค ตุลา ตุลาคม เดือนตุลาคม ຕລ ຕຸລາ အောက် အောက်တိုဘာ ოქტ ოქტომბერი ኦክቶ ኦክቶበር តុលា",
    "aza azaroa azaroaren ka kas kasim lapkr lapkricio lapkritis lis listopad listopada listopadu listopadzie marras marrask marraskuu marraskuussa marraskuuta nen nentor nob nobyembre noiem noiembrie nop nopember nov novemba novembar november novembra novembre novembri novembris novembro noviembre noy noyabr samh samhain stu studeni studenim studenog studenoga studenom studenome studenomu tach tachwedd xi νοε νοεμβριοσ νοεμβριου лис лист листоп листопад листопада ліс лістапад лістапада нов новембар ное ноем ноември ноя нояб ноябр ноябрь ноября қар қараша նոյ նոյեմբեր նոյեմբերի נוב נובמבר נוב׳ تشرينثاني نوامبر نوفمبر نومبر نونبر नवंबर नवम्बर नव॰ नोभेम्बर नोव्हें नोव्हेंबर নভে নভেম্বর ਨਵੰ ਨਵੰਬਰ નવે નવેમ્બર நவ நவம்பர் నవం నవంబర్ ನವೆಂ ನವೆಂಬರ್ നവം നവംബർ නොවැ නොවැම්බර් พย พฤศจิ พฤศจิกายน เดือนพฤศจิกายน ພຈ ພະຈິກ နို နိုဝင်ဘာ ნოე ნოემბერი ኖቬም ኖቬምበር វិច្ឆិកា",
    "abe abendua abenduaren ar ara aralik dec decembar december decembra decembre decembri decembrie decembris decembro dek dekabr des desemba desember desembre dets detsember dez dezember dezembro dhj dhjetor dic dicembre diciembre dis disember disyembre gru grudnia grudniu grudzien gruod gruodis gruodzio joulu jouluk joulukuu joulukuussa joulukuuta noll nollaig pro prosinac prosinca prosince prosincem prosinci prosincu prosinec rhag rhagfyr xii δεκ δεκεμβριοσ δεκεμβριου гру груд грудень грудня дек декабр декабрь декабря декември дец децембар жел желтоқсан сне снежань снежня снж դեկ դեկտեմբեր դեկտեմբերի דצמ דצמבר דצמ׳ دجنبر دسامبر دسمبر ديسمبر كانوناول डिसें डिसेंबर डिसेम्बर दिसंबर दिसम्बर दिस॰ ডিসে ডিসেম্বর ਦਸੰ ਦਸੰਬਰ ડિસે ડિસેમ્બર டிச டிசம்பர் డిసెం డిసెంబర్ ಡಿಸೆಂ ಡಿಸೆಂಬರ್ ഡിസം ഡിസംബർ දෙසැ දෙසැම්බර් ธค ธันวา ธันวาคม เดือนธันวาคม ທວ ທັນວາ ဒီ ဒီဇင်ဘာ დეკ დეკემბერი ዲሴም ዲሴምበር ធ្នូ",
)  # fmt: skip
# the same words mean other months in Croatian than in Czech and Polish: listopad is October, not November
_CROATIAN = {"srp": 7, "lip": 6, "lis": 10, "listopad": 10, "listopadu": 10, "listopada": 10}
_CROATIAN_LANGUAGES = frozenset({"hr", "bs"})
_PERSIAN = (
    "فروردين", "ارديبهشت", "خرداد", "تير", "مرداد", "شهريور", "مهر", "ابان", "اذر", "دي", "بهمن", "اسفند",
)  # fmt: skip
# accents, Arabic vowel signs and joiners between letters: some writers leave them out
_MARKS = re.compile(f"[\u0300-\u036f\u0640\u064b-\u0655{INVISIBLE}]")
# Turkish dotless i; Persian forms of two Arabic letters; the Hebrew mark of an abbreviation
_LETTERS = str.maketrans({"\u0131": "i", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u05f3": ""})
_MONTHS = {word: place for place, row in enumerate(_NAMES, 1) for word in row.split()}
_PERSIAN_MONTHS = {name: place for place, name in enumerate(_PERSIAN, 1)}
# letters of an unlisted ending, and of the listed name before it: inflected months of languages that are not listed in
# full. A shorter name would be the beginning of other words ("mar" of "market")
_MOST_ENDING = 4
_FEWEST_STEM = 5


@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Return a text in lower case without accents and vowel signs, with the digits of any script as ASCII."""
    if text.isascii():
        return text.casefold()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())
    digits = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() and sign > "9" else sign
        for sign in plain
    )
    return unicodedata.normalize("NFC", digits).translate(_LETTERS)


def find_month(word: str, *, language: str | None = None) -> int | None:
    """Return the month (1 to 12) that a folded word names, also with an unlisted ending; None for any other word.

    word      as ``fold`` returns it
    language  ISO 639-1 code of the text; in Croatian and Bosnian some names mean another month than in Czech and Polish
    """
    if language in _CROATIAN_LANGUAGES and word in _CROATIAN:
        return _CROATIAN[word]
    found = _MONTHS.get(word)
    if found is None and word[:1] in {
        "\u05d1",
        "\u05dc",
    }:  # Hebrew attaches "in" and "to" to the word
        found = _MONTHS.get(word[1:])
    if found is None:
        ends = range(len(word) - 1, max(_FEWEST_STEM, len(word) - _MOST_ENDING) - 1, -1)
        found = next((_MONTHS[word[:end]] for end in ends if word[:end] in _MONTHS), None)
    return found


def find_persian_month(word: str) -> int | None:
    """Return the month (1 to 12) of the Persian calendar that a folded word names; None for any other word."""
    return _PERSIAN_MONTHS.get(word)
