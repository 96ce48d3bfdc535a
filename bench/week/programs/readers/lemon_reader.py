"""lemon24/reader with a script around it, which searches new entries for words. Runs in its own environment.

``python -m bench.week.programs.readers.lemon_reader JOB [pages]``. Plugins as in the field bench. An entry that meets an interest is
mailed and then marked as read; one that could not be mailed stays unread and is tried again. With ``pages`` its page is read, too.
"""

import sys
from pathlib import Path

from reader import Entry, Reader, make_reader

from bench.week.programs.job import Job, SeenSet, go_round, send_alert

_PLUGINS = [
    "reader.plugins.ua_fallback",
    "reader.plugins.entry_dedupe",
    "reader.plugins.autodiscover",
]


class LemonReader:
    """A reader with a database in the folder."""

    def __init__(self, path: Path, *, reads_pages: bool) -> None:
        self._reader: Reader = make_reader(str(path.with_name("reader.sqlite")), plugins=_PLUGINS)
        self._sent = SeenSet(path.with_name("sent.json"))
        self._reads_pages = reads_pages

    def go(self, job: Job) -> None:
        """Update all feeds and search the unread entries; those of a new feed are marked as read."""
        known = {feed.url for feed in self._reader.get_feeds()}
        fresh = [one["url"] for one in job.sources if one["url"] not in known]
        for url in fresh:
            self._reader.add_feed(url)
        self._reader.update_feeds(scheduled=False, workers=10)
        for url in fresh:
            for entry in self._reader.get_entries(feed=url, read=False):
                self._reader.mark_entry_as_read(entry)
        for entry in list(self._reader.get_entries(read=False)):
            try:
                self._look(entry, job)
            except OSError as error:
                print(entry.link, error, file=sys.stderr)

    def _look(self, entry: Entry, job: Job) -> None:
        source = next((one for one in job.sources if one["url"] == entry.feed_url), job.sources[0])
        content = entry.get_content(prefer_summary=False)
        title, text = entry.title or "", content.value if content else entry.summary or ""
        if self._reads_pages and entry.link:
            from bench.week.programs.pages import read_page

            text = f"{text}\n{read_page(entry.link, delay=job.delay)}"
        for interest in job.list_met(title, text, source):
            sent = f"{interest.name} {entry.feed_url} {entry.id}"
            if sent not in self._sent:
                send_alert(job, interest, title, entry.link or "", text)
                self._sent.add(sent)
        self._reader.mark_entry_as_read(entry)


if __name__ == "__main__":
    job_path = Path(sys.argv[1]).resolve()
    go_round(job_path, LemonReader(job_path, reads_pages="pages" in sys.argv).go)
