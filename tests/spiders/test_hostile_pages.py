"""Hostile pages in a real crawl: each becomes an article or a reason, and the good page beside them is read."""

from pathlib import Path

import pytest

from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

ARABIC = (
    "قالت الوزارة في بيان لها إن الطائرات المسيرة عبرت الحدود صباح اليوم ولم تقع إصابات بين السكان في المدينة.",
    "وأضاف المتحدث باسم الحكومة أن التحقيق مستمر في أسباب الحادث وأن النتائج ستعلن قريبا على الرأي العام المحلي.",
    "وكان سكان القرى القريبة قد سمعوا أصوات انفجارات بعيدة قبل ساعة من ذلك كما قال شهود عيان لمراسلنا هناك.",
)
JAPANESE = (
    "政府は今朝、国境を越えた無人機について声明を発表し、住民にけが人はいなかったと述べた。調査は続いている。",
    "近くの村の住民は、その一時間前に遠くで爆発音を聞いたと話した。警察は現場を封鎖し、道路は夕方まで閉鎖された。",
    "専門家によれば、同じ型の無人機は今年に入ってから三度目撃されており、対策の強化が求められているという。",
)


def html(text: tuple[str, ...], charset: str = "utf-8", *, stated: str = "") -> Reply:
    page = article_page(text[0][:20], *text).decode()
    body = page.replace('"utf-8"', f'"{charset}"').encode(charset)
    return Reply(body, content_type=f"text/html{'; charset=' + stated if stated else ''}")


HOSTILE = {
    "/deep-300": Reply(
        b"<html><body><h1>Ferry</h1>" + b"<div>" * 300 + f"<p>{PROSE * 4}</p>".encode()
    ),
    "/deep-100000": Reply(b"<div>" * 100_000 + f"<p>{PROSE * 4}</p>".encode()),
    "/one-line": Reply(b"<html><body><h1>Line</h1><p>" + b"drone " * 5_000_000),
    "/paragraphs": Reply(
        b"<html><body><h1>Ferry</h1>"
        + b"".join(b"<p>%d %s</p>" % (n, PROSE.encode()) for n in range(100_000))
    ),
    "/nul": Reply(article_page("Ferry\x00", PROSE + "\x00" * 200, DRONES)),
    "/noise": Reply(bytes(range(256)) * 4000),
}
SPOKEN = {
    "/windows-1256": html(ARABIC, "windows-1256", stated="windows-1256"),
    "/shift-jis": html(JAPANESE, "shift_jis", stated="Shift_JIS"),
    "/utf-16": html(ARABIC, "utf-16"),
    "/meta-only": html(ARABIC, "windows-1256"),
    "/wrong-header": html(ARABIC, "utf-8", stated="iso-8859-1"),
}  # fmt: skip


async def test_hostile_pages_end_somewhere_and_the_crawl_goes_on(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages.update(HOSTILE)
    site.put_article("/good", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", *HOSTILE, "/good")
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss"),
        parse_timeout="10s",
        max_size="40MB",
        timeout="30s",
    )

    await crawl(config)

    found = {str(row[0]): row for row in rows(config, "SELECT announced_url, state, reason FROM entries")}  # fmt: skip
    assert len(found) == len(HOSTILE) + 1
    assert found[f"{site.url}/good"][1] == "fetched"
    for path in HOSTILE:
        _, state, reason = found[f"{site.url}{path}"]
        assert state == "fetched" or reason, path
    assert rows(config, "PRAGMA integrity_check") == [("ok",)]
    assert rows(config, "SELECT outcome FROM visits") == [("ok",)]


@pytest.mark.parametrize("path", SPOKEN)
async def test_a_page_is_read_in_its_own_charset(site: FakeSite, tmp_path: Path, path: str) -> None:
    site.pages[path] = SPOKEN[path]
    site.put_feed("/rss", path)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    body = str(rows(config, "SELECT body FROM revisions")[0][0])
    assert body.split("\n\n") == list(JAPANESE if "shift" in path else ARABIC)
