"""A word filter for mails of rss2email: it reads a mail on standard input, and sends it to those who watch for a word in it.

``python -m bench.week.programs.readers.word_filter JOB [pages]``; further arguments, meant for sendmail, are ignored. Exit code 75
(EX_TEMPFAIL) asks rss2email to try again.
"""

import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from bench.week.programs.job import Job, Source, read_job, send_alert

# sysexits.h: try again later
_EX_TEMPFAIL = 75


def pass_on(mail: EmailMessage, job: Job, *, reads_pages: bool) -> None:
    """Send a mail to those whose interest it meets; raise OSError if that fails."""
    feed = str(mail["X-RSS-Feed"] or "")
    source = _find_source(job, str(mail["List-ID"] or ""), feed)
    link = str(mail["X-RSS-URL"] or "")
    body = mail.get_body(("plain", "html"))
    title, text = str(mail["Subject"] or ""), str(body.get_content()) if body else ""
    # the address must not count as words of the text
    text = text.replace(link, "") if link else text
    if reads_pages and link:
        from bench.week.programs.pages import read_page

        text = f"{text}\n{read_page(link, delay=job.delay)}"
    for interest in job.list_met(title, text, source):
        send_alert(job, interest, title, link, text)


def _find_source(job: Job, list_id: str, feed: str) -> Source:
    name = list_id.strip("<>").removesuffix(".localhost")
    return next(
        (one for one in job.sources if one["name"] == name or one["url"] == feed), job.sources[0]
    )


if __name__ == "__main__":
    message = BytesParser(policy=policy.default).parsebytes(sys.stdin.buffer.read())
    try:
        pass_on(message, read_job(Path(sys.argv[1])), reads_pages="pages" in sys.argv)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(_EX_TEMPFAIL)
