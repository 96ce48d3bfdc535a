"""An archive of any size, filled or found as it was left."""

from collections.abc import Sequence
from pathlib import Path

from bench.growth.archive.fill import fill
from bench.growth.archive.multiply import multiply
from bench.growth.archive.settings import BASE, Archive, make_archive, write_config


def fill_archive(keep: Path, count: int, data: Path, *, queries: Sequence[str]) -> Archive:
    """Return an archive in a folder below ``keep``, filled if it is not there yet.

    data     the folder of real articles whose words are used
    queries  of its watches
    """
    archive = make_archive(keep, count)
    if archive.is_filled:
        return archive
    for file in archive.folder.glob("*.db*"):
        file.unlink()
    write_config(archive.folder, queries=queries)
    if count % BASE:
        fill(archive, data)
        return archive
    base = archive if count == BASE else fill_archive(keep, BASE, data, queries=queries)
    fill(archive, data) if count == BASE else multiply(base, archive)
    return archive
