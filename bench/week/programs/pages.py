"""How the scripts read an article's page: urllib fetches it, trafilatura finds its text. Runs in the program's environment."""

import time
import urllib.request
from urllib.error import HTTPError

import trafilatura

# longer than the silent sites of the world are silent
_TIMEOUT_SECONDS = 8.0
_AGENT = "Mozilla/5.0 (compatible; my-news-script)"


def read_page(url: str, *, delay: float) -> str:
    """Return the text of a page, after a pause; empty if there is none. Raise OSError if it should be tried again."""
    time.sleep(delay)  # politeness: the feed was just read from the same host
    request = urllib.request.Request(url, headers={"User-Agent": _AGENT})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            html = response.read()
    except HTTPError as error:
        if error.code in {429, 500, 502, 503, 504}:
            raise
        return ""
    return trafilatura.extract(html, url=url, include_comments=False) or ""
