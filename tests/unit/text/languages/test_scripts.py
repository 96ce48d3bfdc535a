"""The table of scripts: matching and the comparison of texts use the same words."""

import random
import unicodedata

import pytest

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import compare, make_text
from crawler.dedup.sketch import sketch
from crawler.matching.analysis.words import cut_words
from crawler.model.story import Relation
from crawler.text.normalize import normalize_text, tokenize

# the first article of the declaration of human rights, without its spaces and full stops
SENTENCES = {
    "Burmese": "လူတိုင်းသည်တူညီလွတ်လပ်သောဂုဏ်သိက္ခာဖြင့်လည်းကောင်းတူညီလွတ်လပ်သောအခွင့်အရေးများဖြင့်လည်းကောင်းမွေးဖွားလာသူများဖြစ်သည်",
    "Chinese": "人人生而自由在尊严和权利上一律平等他们赋有理性和良心并应以兄弟关系的精神相对待",
    "Japanese": "すべての人間は生まれながらにして自由でありかつ尊厳と権利とについて平等である",
    "Khmer": "មនុស្សទាំងអស់កើតមកមានសេរីភាពនិងភាពស្មើៗគ្នាក្នុងសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ",
    "Korean": "모든인간은태어날때부터자유로우며그존엄과권리에있어동등하다",
    "Lao": "ມະນຸດເກີດມາມີສິດເສລີພາບແລະສະເໝີໜ້າກັນໃນທາງກຽດຕິສັກແລະສິດທິດ້ວຍມະໂນທຳ",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
}


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_each_character_of_a_script_without_spaces_is_a_word_in_matching_and_comparison(
    sentence: str,
) -> None:
    plain = normalize_text(sentence)
    words = [token.word for token in cut_words(plain)]

    assert tokenize(sentence) == tuple(plain)
    assert "".join(words) == plain
    # in matching with the marks that are written onto it, one of which is Thai AM, here as the two signs it looks like
    marks = {sign for word in words for sign in word[1:]} - {"\u0e32", "\u0eb2"}
    assert {unicodedata.category(mark) for mark in marks} <= {"Mn", "Mc"}


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_a_lightly_edited_copy_is_found_in_a_script_without_spaces(sentence: str) -> None:
    chance = random.Random(3)
    letters = [sign for sign in unicodedata.normalize("NFKC", sentence) if sign.isalpha()]
    story = "".join(chance.choices(letters, k=600))
    edited = "".join(
        chance.choice(letters) if place % 40 == 7 else sign for place, sign in enumerate(story)
    )

    one, other = (comparable_words(text) for text in (story, edited))

    assert compare(make_text(one), make_text(other)).relation is Relation.SAME
    assert len({*sketch(one)} & {*sketch(other)}) >= 2


@pytest.mark.parametrize("text", ["Drones over Kyiv", "नया ड्रोन", "طائرة مسيرة", "дрон 12", "ዜና"])
def test_words_of_other_scripts_are_not_cut_into_characters(text: str) -> None:
    assert [token.word for token in cut_words(text)] == text.split()
    assert all(len(word) > 1 for word in tokenize(text) if word.isascii())
