import gzip
import json
import random
from pathlib import Path

import pytest

from bench.growth.archive.texts import Press
from bench.scale.cluster.beside import ALONE, EARLIER, Column, show_columns
from bench.scale.cluster.pages import A_ROUND, Pages
from bench.scale.cluster.peer import Peer
from crawler.extract.article import extract_article
from crawler.machine.zstd import zstd
from crawler.model.article import Page
from tests.fakes import START


def make_pages(folder: Path, count: int) -> Pages:
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghiklmnoprstu", k=7)) for _ in range(900)]
    bodies = [" ".join(chance.choices(words, k=300)) for _ in range(6)]
    with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"lang": "en", "body": body}) + "\n" for body in bodies)
    return Pages(Press(folder, most_words=300), count)


def test_each_source_has_one_article_a_round_and_no_address_comes_twice(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, 2 * A_ROUND)

    rounds = [pages.make_articles(A_ROUND) for _ in range(2)]

    assert [len(one) for one in rounds] == [A_ROUND, A_ROUND]
    urls = {article.url for one in rounds for (article,) in one.values()}
    assert len(urls) == 2 * A_ROUND


def test_a_page_says_its_article_and_is_as_hard_to_compress_as_real_ones(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, 1)
    ((article,),) = pages.make_articles(1).values()

    body = pages.make_body(article)

    page = Page(url=article.url, requested_url=article.url, body=body, content_type="text/html", fetched_at=START, visit_id=1, source_id=1, entry_id=1)  # fmt: skip
    assert extract_article(page).body.split() == article.body.split()
    assert 30_000 < len(zstd.compress(body, 3)) < 40_000


def test_a_checkout_without_an_environment_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run `make setup` there"):
        Peer(tmp_path, tmp_path / "watchword.toml")


def test_a_column_is_compared_round_by_round(capsys: pytest.CaptureFixture[str]) -> None:
    columns = {
        # the machine was busy after the first round
        EARLIER: Column(rounds=[10.0, 20.0, 20.0], alerts=A_ROUND),
        ALONE: Column(rounds=[5.0, 10.0, 8.0]),
    }

    show_columns(columns)

    printed = capsys.readouterr().out
    assert f"| {EARLIER} | 20.00 | 10.00 to 20.00 | 50 | 100% | 0.00 | 0.33 |" in printed
    assert f"| {ALONE} | 8.00 | 5.00 to 10.00 | 125 | 50% |" in printed
