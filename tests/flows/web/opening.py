"""Opens web pages on a database, as ``watchword browse`` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchword.web.access.admission import Admission
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

HTML = {"accept": "text/html"}


@contextmanager
def open_pages(database: Path, admission: Admission, *, url: str = "") -> Iterator[str]:
    """Yield the address of web pages, without a slash at its end; the configuration is ``w.toml`` beside the database."""
    port = find_free_port()
    log_file = database.with_name("web.log")
    with log_file.open("ab") as stream:
        child = start_web_pages(
            database,
            database.with_name("w.toml"),
            port=port,
            url=url,
            admission=admission,
            stdout=stream,
            stderr=stream,
        )
    try:
        yield wait_until_open("127.0.0.1", port, child=child).rstrip("/")
    finally:
        child.terminate()
        child.wait(10)
    assert "Traceback" not in log_file.read_text()
