"""changedetection.io, driven by its REST API, with a script that turns its notifications into mails. Runs in its own environment.

``python -m bench.week.programs.readers.page_watcher JOB``. Every source is one of its watches: feeds in its RSS reader mode, others as
pages, with the words of all interests as text filter (``trigger_text``), and a notification only for lines never seen before
(``check_unique_lines``). All notifications go to one address, since a watch for each interest would request each page forty
times; the script there finds out whom the added lines concern. The program does not follow links, so it knows of an article
only what the watched page says.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urljoin

from bench.week.programs.job import FIRST_ROUND, Job, Source, read_job, send_alert

# the lines in which it shows links: of RSS reader mode, of JSON, of pages; in sitemaps a title follows its address
_TITLE = re.compile(r"^\s*(?:Title:\s*(.*)|\"title\": \"(.*)\",?)$")
_LINK = re.compile(r"^\s*(?:Link:\s*\[?|\"url\": \"|)(https?://[^\s<>()\[\]\"]+)\S*$")
_ANCHOR = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_SITEMAP_TEXT = "/(?:<loc>|<news:title>)([^<]+)/"
_BODY = "{{diff_added_clean}}"
_START_SECONDS = 60.0


def split_added(text: str, *, page: str) -> Iterator[tuple[str, str, str]]:
    """Yield title, link and text of each addition to a page; without a link, the page's own."""
    title, link, lines = "", "", list[str]()
    for line in filter(str.strip, text.splitlines()):
        if found := _TITLE.match(line):
            yield from [(title, link or page, "\n".join(lines))] if title else []
            title, link, lines = found[1] or found[2], "", []
        elif place := _LINK.match(line):
            # if links change at each visit, those of the entries below come with them
            link = link if title and link else place[1]
        elif title:
            lines.append(line)
        elif anchors := _ANCHOR.findall(line):
            yield from ((words, urljoin(page, to), "") for words, to in anchors)
        else:
            yield line.strip(), link or page, ""
    yield from [(title, link or page, "\n".join(lines))] if title else []


def pass_on(text: str, source: Source, job: Job) -> None:
    """Send the additions to a source to those whom they concern; raise OSError if that fails."""
    for title, link, lines in split_added(text, page=str(source["url"])):
        for interest in job.list_met(title, lines, source):
            send_alert(job, interest, title, link, lines)


class PageWatcher:
    """The program in a folder, and its REST API."""

    def __init__(self, path: Path) -> None:
        self._path, self._data = path, path.with_name("datastore")
        self._port, self._key = _free_port(), ""
        self._added: dict[str, str] = {}

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the program; a new datastore first gets the settings that its settings page offers."""
        if not (self._data / "changedetection.json").exists():
            self._begin()
        self._key = self._settings()["settings"]["application"]["api_access_token"]
        return subprocess.Popen(self._command(), env=self._environment())

    def _begin(self) -> None:
        environment = {**self._environment(), "TESTING_SHUTDOWN_AFTER_DATASTORE_LOAD": "1"}
        subprocess.run([*self._command(), "-C"], env=environment, check=True)
        for example in self._data.glob("*/watch.json"):
            shutil.rmtree(example.parent)
        settings = self._settings()
        settings["settings"]["application"] |= {
            "rss_reader_mode": True,
            "render_anchor_tag_content": True,
        }
        (self._data / "changedetection.json").write_text(json.dumps(settings))

    def _settings(self) -> Any:
        return json.loads((self._data / "changedetection.json").read_text())

    def _command(self) -> list[str]:
        program = Path(sys.executable).with_name("changedetection.io")
        return [str(program), "-d", str(self._data), "-h", "127.0.0.1", "-p", str(self._port), "-l", "WARNING"]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        # by default it refuses addresses of this machine, where sites and script are
        return {**os.environ, "ALLOW_IANA_RESTRICTED_ADDRESSES": "true", "DISABLE_VERSION_CHECK": "true"}  # fmt: skip

    def ask(self, method: str, path: str, facts: object = None) -> Any:
        """Call the REST API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/api/v1/{path}",
            method=method,
            data=None if facts is None else json.dumps(facts).encode(),
            headers={"x-api-key": self._key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def wait(self) -> None:
        """Wait until the program answers."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.ask("GET", "systeminfo")
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def set_up(self, job: Job, router: int) -> None:
        """Add watches for all sources, or update words and addresses of the existing ones."""
        known = {one["url"]: uuid for uuid, one in self.ask("GET", "watch").items()}
        words = sorted({f"/{word}/i" for one in job.interests for word in one.wanted})
        for source in job.sources:
            facts = {
                "url": source["url"],
                "title": source["name"],
                "time_between_check": {"seconds": int(job.every)},
                "time_between_check_use_default": False,
                "check_unique_lines": True,
                "extract_text": [_SITEMAP_TEXT] if source["kind"] == "sitemap" else [],
                "trigger_text": words,
                "notification_urls": [f"post://127.0.0.1:{router}/{source['name']}"],
                "notification_body": _BODY,
                "notification_format": "text",
            }
            uuid = known.get(str(source["url"]))
            self.ask("PUT" if uuid else "POST", f"watch/{uuid}" if uuid else "watch", facts)

    def has_looked_at_all(self, count: int) -> bool:
        """Return whether every watch was checked once."""
        watches = self.ask("GET", "watch").values()
        return len(watches) >= count and all(one["last_checked"] for one in watches)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _serve(path: Path) -> int:
    """Start to receive notifications; return the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            job, name = read_job(path), self.path.strip("/").partition("?")[0]
            source = next(one for one in job.sources if one["name"] == name)
            print(f"--- notified of {name}:\n{text}", flush=True)
            try:
                pass_on(text, source, job)
            except OSError as error:
                self.send_error(503, str(error))
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # as in http.server
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def main(path: Path) -> None:
    """Run the program for ever, and pass on every edit of the job."""
    router, watcher = _serve(path), PageWatcher(path)
    process = watcher.start()

    def stop(*_: object) -> None:
        process.terminate()
        process.wait(10)
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    watcher.wait()
    written = ""
    while process.poll() is None:
        job, text = read_job(path), path.read_text(encoding="utf-8")
        if text != written:
            watcher.set_up(job, router)
            written = text
        if not (job.folder / FIRST_ROUND).exists() and watcher.has_looked_at_all(len(job.sources)):
            (job.folder / FIRST_ROUND).touch()
        time.sleep(1)
    sys.exit(f"it ended with {process.returncode}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
