"""A peer for tests: it holds the titles of every feed it gets, and reports the number of reads of each."""

import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from bench.field_peers.wire import Source, entry, serve


class TitleReader:
    def __init__(self, sources: list[Source], folder: Path) -> None:
        self._urls = [source["url"] for source in sources]
        self._titles: dict[str, str] = {}
        self._failures: list[str] = []
        assert folder.is_dir()

    def visit(self) -> None:
        sys.stdout.write("noise that must not come between the answers\n")
        for url in self._urls:
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    text = answer.read().decode()
            except urllib.error.HTTPError as error:
                self._failures.append(str(error))
                continue
            self._titles.update(re.findall(r"<title>(.*?)</title><link>(.*?)</link>", text))

    def take(self, outlines: Path) -> None:
        self._urls += re.findall(r'xmlUrl="(.*?)"', outlines.read_text())

    def report(self) -> dict[str, Any]:
        entries = [entry(title, link, None, "") for title, link in self._titles.items()]
        return {"entries": entries, "failures": self._failures, "lists": self._urls}


if __name__ == "__main__":
    serve(TitleReader)
