"""Keeping messages in a Maildir, which any mail program opens and which needs no server (decision 005)."""

import hashlib
import os
from email.message import EmailMessage
from pathlib import Path

from crawler.alerting.mail.headers import write_message
from crawler.machine.flush import flush
from crawler.text.lines import clean_line


def deliver_to_maildir(message: EmailMessage, *, folder: Path, recipient: str) -> Path:
    """Put a message into ``new/`` atomically and return its file.

    The file is named after the Message-ID, so that a second delivery after a crash replaces the first. Only its owner may
    read it. Raises OSError if the folder cannot be written.
    """
    # mkdir applies the mode to the last folder only, so the Maildir itself is made first
    for part in (folder, *(folder / name for name in ("tmp", "new", "cur"))):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    message["Delivered-To"] = clean_line(recipient)
    key = hashlib.blake2b(str(message["Message-ID"]).encode(), digest_size=12).hexdigest()
    name = f"{int(message['Date'].datetime.timestamp())}.{key}.watchword"
    if already := next((folder / "cur").glob(f"{name}*"), None):
        return already  # a mail program moved it there
    draft, final = folder / "tmp" / name, folder / "new" / name
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(write_message(message, is_utf8=True, linesep="\n"))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(final)
    flush(final.parent)
    return final
