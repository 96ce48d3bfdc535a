"""Pages for people to look at: drawn by chance, and shown as a mail and an article."""

import gzip
import json
from pathlib import Path

from bench.extraction.corpora import Sample, read_corpus
from bench.seen import draw, understand, write

PAGE = (
    "<html lang='{language}'><head><title>{title}</title></head><body><article><h1>{title}</h1>"
    "<p>{text}</p><p>{text} {number}</p><p>{text} {number}{number}</p></article></body></html>"
)
ENGLISH = "The drones crossed the quay at dawn, said the pilot, and nobody could say whose they were or why they came."
ARABIC = "قالت سلطة المرفأ إن مسيرات حلقت فوق رصيف العبارات مرتين خلال الليل، وإن الرحلات استؤنفت عند الساعة الخامسة."


def make_pages(folder: Path) -> list[Sample]:
    (folder / "html").mkdir(parents=True)
    truth = {}
    for number in range(8):
        is_arabic = number > 5
        page = PAGE.format(
            language="ar" if is_arabic else "en",
            title=f"مسيرات فوق المرفأ {number}" if is_arabic else f"Drones at quay {number}",
            text=ARABIC if is_arabic else f"{ENGLISH} Number {number} was lost.",
            number=f"{number} " * 9,
        )
        (folder / "html" / f"p{number}.html.gz").write_bytes(gzip.compress(page.encode()))
        truth[f"p{number}"] = {"url": f"https://p{number}.example/a", "crawl_date": "2026-01-02"}
    (folder / "ground-truth.json").write_text(json.dumps(truth))
    return list(read_corpus(folder).samples)


def test_the_same_seed_draws_the_same_pages_of_every_language(tmp_path: Path) -> None:
    samples = make_pages(tmp_path / "data")

    drawn = draw(samples, pages=4, each=2, seed=23)

    assert drawn == draw(samples, pages=4, each=2, seed=23)
    assert sorted(one.key for one in drawn if one.key > "p5") == ["p6", "p7"]
    assert len(draw(samples, pages=7, each=2, seed=1)) == 7


def test_each_page_is_written_as_its_mail_and_its_text(tmp_path: Path) -> None:
    shown = list(understand(make_pages(tmp_path / "data")[5:7]))

    write(tmp_path / "seen", shown)

    mail = (tmp_path / "seen" / "p5-p5.example.mail.txt").read_text(encoding="utf-8")
    assert mail.startswith("Subject: p5 p5.example: Drones at quay 5\n")
    assert "*quay*" in mail
    assert (tmp_path / "seen" / "p5-p5.example.txt").read_text().startswith("Drones at quay 5\n\n")
    arabic = (tmp_path / "seen" / "p6-p6.example.mail.html").read_text(encoding="utf-8")
    assert '<h1 dir="rtl" lang="ar"' in arabic
