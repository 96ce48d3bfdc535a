"""rss2email as a peer: the mails it puts into a Maildir count as received. Runs in its own environment."""

import subprocess
import sys
from configparser import ConfigParser
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bench.field_peers.wire import Source, entry, serve

# of one run over all feeds, one of which hangs
_TIMEOUT_SECONDS = 100


class RssToEmail:
    """A configuration, a list of what was seen, and a mailbox in the folder."""

    def __init__(self, sources: list[Source], folder: Path) -> None:
        self._folder = folder
        self._failures: list[str] = []
        self._mails = folder / "mail"
        self._mails.mkdir()
        self._run("new", "you@example.org")
        for number, source in enumerate(sources):
            self._run("add", f"s{number}", source["url"])
        self._set(sources)

    def _run(self, *words: str) -> str:
        command = [str(Path(sys.executable).parent / "r2e")]
        files = ["-c", str(self._folder / "r2e.cfg"), "-d", str(self._folder / "r2e.json")]
        done = subprocess.run(
            [*command, *files, *words],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        for line in done.stderr.splitlines():
            print(line, file=sys.stderr)
            if "[ERROR]" in line or "[WARNING]" in line:
                self._failures.append(line)
        return done.stdout

    def _set(self, sources: list[Source]) -> None:
        """Configure it to put mails into a Maildir, dated like their entries, and to send changed entries again."""
        file = self._folder / "r2e.cfg"
        config = ConfigParser(interpolation=None)
        config.read(file, encoding="utf-8")
        wanted = {
            "email-protocol": "maildir",
            "maildir-path": str(self._mails),
            "date-header": "True",
            "reply-changes": "True",
        }
        for name in config:  # each feed's own section repeats the settings of when it was added, so all sections are changed
            config[name].update(wanted)
        for number, source in enumerate(sources):
            if source["proxy"]:
                config[f"feed.s{number}"]["proxy"] = source["proxy"]
        with file.open("w", encoding="utf-8") as out:
            config.write(out)

    def visit(self) -> None:
        self._run("run")

    def take(self, outlines: Path) -> None:
        self._run("opmlimport", str(outlines))

    def report(self) -> dict[str, Any]:
        parser = BytesParser(policy=policy.default)
        mails = sorted(self._mails.glob("INBOX/*/*"))
        return {
            "entries": [_as_entry(parser.parsebytes(mail.read_bytes())) for mail in mails],
            "failures": self._failures,
            "lists": self._run("list").splitlines(),
        }


def _as_entry(mail: EmailMessage) -> dict[str, str]:
    published = parsedate_to_datetime(mail["Date"]).isoformat() if mail["Date"] else ""
    body = mail.get_body(("plain", "html"))
    return entry(mail["Subject"], mail["X-RSS-URL"], body and body.get_content(), published)


if __name__ == "__main__":
    serve(RssToEmail)
