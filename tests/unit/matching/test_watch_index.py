import pytest

from crawler.matching.analysis.analyzer import Document, analyze, source_names
from crawler.matching.evaluation import evaluate
from crawler.matching.matcher import CompiledWatch, compile_watch, holds
from crawler.matching.queries.predicates import make_test
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Watch
from tests.texts.babel import LANGUAGES, Babel

SCOPES = frozenset({"courier", "coast"})


def make_watches(babel: Babel, count: int) -> list[CompiledWatch]:
    found: list[CompiledWatch] = []
    for number in range(1, count + 1):
        query = babel.make_query()
        if number % 10 == 0:
            query = f"{query} AND {babel.make_label()}"
        watch = Watch(
            id=number,
            name=str(number),
            query=query,
            title_only=number % 11 == 0,
            min_mentions=2 if number % 7 == 0 else 1,
            languages=("en", "de") if number % 13 == 0 else (),
            sources=("coast",) if number % 17 == 0 else ("hills",) if number % 19 == 0 else (),
        )
        found.append(compile_watch(watch))
    return found


def make_documents(babel: Babel, count: int) -> list[Document]:
    articles = [babel.make_article(number) for number in range(count)]
    return [
        analyze(
            article.headline,
            article.body,
            language=article.language,
            sources=source_names(article.url.split("/")[2], "courier"),
        )
        for article in articles
    ]


def ids(watches: list[CompiledWatch]) -> list[int]:
    return [watch.watch.id for watch in watches]


@pytest.mark.parametrize("seed", range(4))
def test_the_index_finds_exactly_what_testing_every_watch_finds(seed: int) -> None:
    babel = Babel(seed)
    watches, documents = make_watches(babel, 400), make_documents(babel, 150)
    index = WatchIndex(lambda keys: {key: len(key) % 7 for key in keys})
    index.replace(watches)

    found = [ids(index.find_holding(document, SCOPES)) for document in documents]

    everything = [
        [watch.watch.id for watch in watches if holds(watch, document, SCOPES)]
        for document in documents
    ]
    assert found == everything
    assert sum(map(len, found)) > 500, "the sample matches something"


def test_the_index_answers_as_the_whole_query_does() -> None:
    babel = Babel(99)
    watches, documents = make_watches(babel, 600), make_documents(babel, 60)

    wrong = [
        (watch.watch.query, document.headline, document.body)
        for document in documents
        for watch in watches
        if make_test(watch.query, document.rules)(document)
        is not evaluate(watch.query, document).holds
    ]

    assert wrong == []


def test_a_watch_is_added_changed_and_removed_without_a_trace() -> None:
    babel = Babel(5)
    watches, documents = make_watches(babel, 200), make_documents(babel, 60)
    index, fresh = WatchIndex(), WatchIndex()
    index.replace(watches)
    for document in documents:
        index.find_holding(document)

    changed = [*watches[50:], *make_watches(Babel(6), 20)]
    index.replace(changed)
    fresh.replace(changed)

    assert len(index) == len({watch.watch.id for watch in changed})
    for document in documents:
        assert ids(index.find_holding(document)) == ids(fresh.find_holding(document))


def test_replacing_the_same_watches_keeps_compiled_ones() -> None:
    watches = make_watches(Babel(5), 20)
    index = WatchIndex()
    index.replace(watches)

    index.replace([compile_watch(watch.watch) for watch in watches])

    assert [index.get(watch.watch.id) is watch for watch in watches] == [True] * 20


@pytest.mark.parametrize("language", [*LANGUAGES, "", "xx"])
def test_an_empty_article_matches_nothing(language: str) -> None:
    index = WatchIndex()
    index.replace(make_watches(Babel(1), 50))

    assert index.find_holding(analyze("", "", language=language)) == []


def test_a_watch_whose_words_have_many_forms_counts_as_several() -> None:
    index = WatchIndex()
    index.replace([compile_watch(Watch(id=number, name="w", query="נתניהו")) for number in (1, 2)])

    before = index.count_filed("he")
    index.preload("he")

    assert before == 2
    assert index.count_filed("en") > 10 + 2
    index.remove(1)
    index.remove(2)
    assert index.count_filed("he") == 0
