"""Nothing of a bundle, and no password, is printed anywhere."""

import base64
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.carriers.postgres.view import PostgresView
from crawler.clock import utc_now
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import Parcel
from tests.carriers.clusters import PostgresCluster
from tests.carriers.scenes import Scene, so
from tests.fakes import FakeSite

BODY = b"what a bundle holds is nobody's business"


async def test_no_log_repeats_what_a_bundle_or_its_notes_hold(
    postgres: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await postgres.home.open(version="1", clock=utc_now)
    scene = Scene(postgres)

    async def do(bundle_id: int, body: bytes) -> None:
        await worker.end.give(bundle_id, 1, body)
        if bundle_id == 1:
            raise ValueError("a fault of ours")

    worker = await scene.start(do=do, places=1)
    await postgres.home.hand_out([Parcel(bundle_id=one, body=BODY) for one in (1, 2)])
    await so(lambda: worker.ended == [2])
    await scene.end()

    assert "bundle failed bundle=1" in caplog.text
    for text in (BODY.decode(), base64.b64encode(BODY).decode(), repr(BODY)):
        assert text[10:40] not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hunter2secret@127.0.0.1:1/there",
        "host=127.0.0.1 port=1 user=me password=hunter2secret",
        "postgresql://me:hunter2secret@name.invalid/there",
        "postgresql://me@127.0.0.1:1/there?password=hunter2secret&nonsense=1",
        "postgresql://me:hunter2secret@127.0.0.1:port/there",
    ],
)
async def test_an_address_that_does_not_lead_there_is_told_without_its_password(
    address: str,
) -> None:
    with pytest.raises(CarrierUnavailable) as told:
        await PostgresView(address).measure()

    assert told.value.reason.startswith("PostgreSQL: ")
    assert "hunter2" not in str(told.value)


def test_without_a_cluster_nothing_of_it_is_loaded(tmp_path: Path, site: FakeSite) -> None:
    for name in ("psycopg", "psycopg_pool", "procrastinate"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'a').write('{name} ')")  # fmt: skip
    site.put_feed("/feed", "/a")
    site.put_article("/a", "Harbour reopens", *["Ships entered the harbour again on Monday."] * 9)
    config = tmp_path / "watchword.toml"
    config.write_text(f'[store]\npath = "{tmp_path}/news.db"\n[[source]]\nname = "one"\nurl = "{site.url}/feed"\nkind = "feed"\nbackfill = "3650d"\nallow_private = true\n')  # fmt: skip
    path = os.pathsep.join((str(tmp_path), os.environ["PYTHONPATH"]))

    for command in (("crawl",), ("check",), ("article", "list")):
        subprocess.run(
            [sys.executable, "-m", "watchword", "--config", str(config), *command],
            env={**os.environ, "PYTHONPATH": path}, cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip

    assert "/a" in site.paths()
    assert not (tmp_path / "loaded").exists()
