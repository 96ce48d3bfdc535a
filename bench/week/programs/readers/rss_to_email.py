"""rss2email, run as by cron, with a word filter in place of sendmail. Runs in its own environment.

``python -m bench.week.programs.readers.rss_to_email JOB [pages]``. Each feed is added with ``r2e add --only-new``, so that nothing old is
sent. ``sendmail`` is set to ``word_filter``, which searches each mail as a mailbox filter would and passes it on to those who
watch for a word in it; with ``pages`` it also reads the linked page. If it fails, rss2email counts the mail as not sent and
tries again at its next run.
"""

import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from bench.week.programs.job import Job, Source, go_round

_FILTER = """#!/bin/sh
exec {python} -m bench.week.programs.readers.word_filter {job} {arguments}
"""


class RssToEmail:
    """rss2email with its configuration and its list of seen entries in a folder."""

    def __init__(self, path: Path, arguments: list[str]) -> None:
        self._path, self._arguments = path, arguments
        self._config = path.with_name("r2e.cfg")

    def go(self, job: Job) -> None:
        """Add the feeds that are not listed yet, then run."""
        if not self._config.exists():
            self._begin(job.delay)
        fresh = [one for one in job.sources if not self._has(one)]
        for source in fresh:
            name, url = str(source["name"]), str(source["url"])
            self._run("add", "--only-new", name, url)
            if not self._has(
                source
            ):  # it could not be read now, and is tried again at the next run
                self._run("add", name, url)
        if not fresh:  # adding a feed has just read it
            self._run("run")

    def _has(self, source: Source) -> bool:
        return f"[feed.{source['name']}]" in self._config.read_text(encoding="utf-8")

    def _begin(self, delay: float) -> None:
        self._run("new", "everybody@desk.test")
        script = self._path.with_name("sendmail")
        script.write_text(
            _FILTER.format(
                python=sys.executable, job=self._path, arguments=" ".join(self._arguments)
            )
        )
        script.chmod(0o755)
        config = ConfigParser(interpolation=None)
        config.read(self._config, encoding="utf-8")
        config["DEFAULT"]["email-protocol"] = "sendmail"
        config["DEFAULT"]["sendmail"] = str(script)
        config["DEFAULT"]["feed-timeout"] = "8"
        config["DEFAULT"]["same-server-fetch-interval"] = f"{delay:g}"
        with self._config.open("w", encoding="utf-8") as out:
            config.write(out)

    def _run(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("r2e"))]
        data = self._path.with_name("r2e.json")
        subprocess.run(
            [*command, "-c", str(self._config), "-d", str(data), *words],
            # its lock file would be one for all instances of a user
            env={**os.environ, "XDG_RUNTIME_DIR": str(self._path.parent)},
            check=False,
        )


if __name__ == "__main__":
    job_path = Path(sys.argv[1]).resolve()
    go_round(job_path, RssToEmail(job_path, sys.argv[2:]).go)
