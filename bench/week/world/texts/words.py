"""The filling of articles, in eleven languages: common words, none of which any watch looks for.

If a folder of corpora lies beside the repository, pieces of its sentences are used as well, and whole ones if it has enough
(corpus.py).
"""

import random
from functools import cache

from bench.week.world.texts.corpus import UNSPACED, holds_any, is_plain, list_phrases

FILLING = {
    "en": "the council said that fares for the ferry would rise next winter after a long debate about bridges and roads while teachers "
    "in the old market hall asked for more light and better windows because the roof had suffered in many storms and the harbour master "
    "wrote a letter to the owners of the small boats near the quay",
    "de": "der Rat teilte mit dass die Preise für die Fähre im nächsten Winter steigen nachdem lange über Brücken und Straßen gestritten "
    "wurde während Lehrer in der alten Markthalle mehr Licht und bessere Fenster verlangten weil das Dach unter vielen Stürmen gelitten "
    "hatte und der Hafenmeister den Besitzern kleiner Boote einen Brief schrieb",
    "fr": "le conseil a indiqué que le prix du bac augmentera cet hiver après un long débat sur les ponts et les routes tandis que les "
    "enseignants de la vieille halle demandent plus de lumière et de meilleures fenêtres parce que le toit a souffert de nombreuses "
    "tempêtes et le maître du port a écrit une lettre aux propriétaires des petits bateaux",
    "es": "el concejo dijo que el precio del transbordador subirá el próximo invierno después de un largo debate sobre puentes y caminos "
    "mientras los maestros del viejo mercado pidieron más luz y mejores ventanas porque el techo había sufrido muchas tormentas y el "
    "capitán del puerto escribió una carta a los dueños de los barcos pequeños",
    "it": "il consiglio ha detto che il prezzo del traghetto salirà il prossimo inverno dopo un lungo dibattito su ponti e strade mentre "
    "gli insegnanti del vecchio mercato hanno chiesto più luce e finestre migliori perché il tetto aveva sofferto molte tempeste e il "
    "comandante del porto ha scritto una lettera ai proprietari delle piccole barche",
    "ru": "совет сообщил что цены на паром следующей зимой вырастут после долгого спора о мостах и дорогах пока учителя старого рынка "
    "просили больше света и лучшие окна потому что крыша пострадала от многих бурь и начальник порта написал письмо владельцам "
    "маленьких лодок возле причала",
    "ar": "قال المجلس إن أسعار العبارة سوف ترتفع في الشتاء المقبل بعد نقاش طويل حول الجسور والطرق بينما طلب المعلمون في السوق القديم "
    "مزيدا من الضوء ونوافذ أفضل لأن السقف تضرر من عواصف كثيرة وكتب مدير الميناء رسالة إلى أصحاب القوارب الصغيرة قرب الرصيف",
    "tr": "meclis gelecek kış feribot ücretlerinin artacağını söyledi köprüler ve yollar hakkında uzun bir tartışmadan sonra eski çarşıdaki "
    "öğretmenler daha fazla ışık ve daha iyi pencereler istedi çünkü çatı birçok fırtınadan zarar görmüştü ve liman müdürü küçük "
    "teknelerin sahiplerine bir mektup yazdı",
    "ko": "의회는 내년 겨울 나룻배 요금이 오를 것이라고 말했다 다리와 도로에 관한 오랜 토론 끝에 옛 시장의 교사들은 더 많은 조명과 좋은 창문을 "
    "요구했다 지붕이 여러 폭풍으로 상했기 때문이다 항만 책임자는 부두 근처 작은 배의 주인들에게 편지를 썼다 주민들은 아침마다 도서관 앞에서 음악을 "
    "듣고 농부들은 채소와 과일을 팔았다 신문은 학교와 병원 이야기를 실었다",
    # without spaces, words of two characters: five characters in a row span three words and hardly ever repeat
    "ja": "議会 料金 冬に 船の 橋は 道を 屋根 窓を 教師 市場 照明 住民 港の 手紙 責任 来年 議論 音楽 家族 学校 電車 病院 料理 写真 図書 "
    "天気 公園 映画 新聞 工場 農家 野菜 果物 牛乳 時計 机の 椅子 朝の 夜の 春に 秋に 静か 大き 小さ 新し 古く 長い 短い 話す 書く 読む "
    "歩く 続け 始め 終え 見た 聞い 使う 作る 直す 開け 閉め",
    "zh": "议会 票价 冬天 渡轮 桥梁 道路 屋顶 窗户 教师 市场 灯光 居民 港口 书信 责任 明年 讨论 音乐 家庭 学校 火车 医院 厨房 照片 图书 "
    "天气 公园 电影 报纸 工厂 农民 蔬菜 水果 牛奶 钟表 桌子 椅子 早晨 夜晚 春天 秋天 安静 宽大 细小 新鲜 古老 长久 短暂 说明 写作 阅读 "
    "步行 继续 开始 结束 看见 听到 使用 制作 修理 打开 关闭",
}
LANGUAGES = tuple(FILLING)
# names of one world: each is in a few stories
_INVENTED = 400
# languages in which one character is a syllable or a word
_DENSE = UNSPACED | {"ko"}
_FULL_STOP = {"ja": "。", "zh": "。"}


def write_sentence(pieces: list[str], language: str) -> str:
    """Return words as one sentence of a language."""
    joint = "" if language in UNSPACED else " "
    text = joint.join(pieces)
    return text[:1].upper() + text[1:] + _FULL_STOP.get(language, ".")


@cache
def list_pieces(language: str, banned: tuple[str, ...]) -> tuple[str, ...]:
    """Return the pieces that sentences are made of: one to three words in a row, none with a banned stem."""
    words = FILLING[language].split()
    pieces = words
    if language not in UNSPACED:
        pieces = [*words, *(" ".join(words[i : i + 2]) for i in range(0, len(words) - 1, 2))]
    pieces = [*pieces, *_invent(words, language)]
    pieces += list_phrases(language)
    return tuple(piece for piece in pieces if is_plain(piece) and not holds_any(piece, banned))


def _invent(words: list[str], language: str) -> list[str]:
    """Return invented words, made of halves of real ones: with eighty words alone, all texts would be alike."""
    rng = random.Random(f"words {language}")
    long = [word for word in words if len(word) >= (2 if language in _DENSE else 4)]
    halves = [(word[: len(word) // 2], word[len(word) // 2 :]) for word in long]
    return [rng.choice(halves)[0] + rng.choice(halves)[1] for _ in range(_INVENTED)]
