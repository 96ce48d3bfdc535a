"""Header fields that all mail servers and programs read alike: folded, and in encoded words if not ASCII.

The standard library folds wrongly: a dash near the end of a line loses its blank ("Harbour - Transport" is read as
"Harbour  -Transport"), and encoded words become as long as lines of the body may be, 232 characters, which some programs
show undecoded (nodemailer/nodemailer#98, hmailserver/hmailserver#171). So fields are written here, in the form they are sent.
"""

import base64
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from crawler.text.fitting import split_signs

# RFC 2047, 2: an encoded word has at most 75 characters, a line with one 76. RFC 2045, 6.7: 76 in a body, and so in
# the headers of its parts
_LONGEST_WORD = 75
_LONGEST_LINE = 76
# RFC 5322, 2.1.1: no line of a mail may be longer
_HARDEST_LIMIT = 998
# what an encoded word has around its text
_FRAME = len("=?utf-8?q??=")
# characters that need no encoding even in a display name (RFC 2047, 5 (3))
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
# control characters and line separators would end a header and begin another; NUL passes through EmailMessage
_FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
# RFC 5322, 3.2.3: a display name of atoms and blanks needs no quotes
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


class MailPolicy(EmailPolicy):
    """Mail policy that stores each field as it is sent, and limits lines of the body to 76 characters."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a field as it is sent."""
        text = str(value)
        written = write_text(name, text) if name.lower() == "subject" else _fold(name, text)
        return name, written


MAIL_POLICY = MailPolicy(linesep="\r\n", max_line_length=_LONGEST_LINE, refold_source="none")


def write_message(message: EmailMessage, *, is_utf8: bool, linesep: str = "\r\n") -> bytes:
    """Return a message as bytes.

    is_utf8  write addresses beyond ASCII as they are (RFC 6532); else to_wire must have made them ASCII
    linesep  CRLF for SMTP; a line feed for local programs and files
    """
    changes: dict[str, Any] = {"utf8": is_utf8, "linesep": linesep}
    return message.as_bytes(policy=message.policy.clone(**changes))


def write_text(name: str, text: str) -> str:
    """Return free text as the value of a field, in lines that mail programs join to exactly the same text.

    It is either all plain ASCII, folded at single blanks, or all encoded words, because programs differ on a blank
    between an encoded word and a plain one.
    """
    _refuse_forbidden(name, text)
    room = _LONGEST_LINE - len(name) - 2
    if _is_plain(text, room=room):
        return _fold(name, text)
    return "\n ".join(_encode(text, room=room))


def write_mailbox(display_name: str, address: str) -> str:
    """Return ``Name <address>`` as the value of an address field; raises ValueError for control characters in the name."""
    _refuse_forbidden("name", display_name)
    if not display_name:
        return address
    is_foldable = display_name == " ".join(display_name.split())
    if is_foldable and _ATOMS.fullmatch(display_name):
        return f"{display_name} <{address}>"
    if is_foldable and display_name.isascii() and "=?" not in display_name:
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{' '.join(_encode(display_name, room=_LONGEST_WORD - 20))} <{address}>"


def _is_plain(text: str, *, room: int) -> bool:
    """Return whether a text can be sent as it is: ASCII that no program takes for an encoded word, and that can be folded."""
    if not text or not text.isascii() or "=?" in text or text != " ".join(text.split()):
        return not text
    return all(len(word) <= room for word in text.split(" "))


def _fold(name: str, text: str) -> str:
    """Return a value folded at its blanks; a word stays whole, and the first line is never empty."""
    _refuse_forbidden(name, text)
    lines, room = list[str](), _LONGEST_LINE - len(name) - 2
    for word in text.replace("\t", " ").split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= room and word:
            lines[-1] += f" {word}"
        elif word:
            room = _LONGEST_LINE - 1 if lines else room
            lines.append(word)
    if any(len(line) > _HARDEST_LIMIT - len(name) - 2 for line in lines):
        raise ValueError(f"{name} cannot be written in lines of {_HARDEST_LIMIT} characters")
    return "\n ".join(lines)


def _refuse_forbidden(name: str, text: str) -> None:
    if found := _FORBIDDEN.search(text):
        raise ValueError(f"{name} holds U+{ord(found[0]):04X}, which no header can have")


def _encode(text: str, *, room: int) -> Iterator[str]:
    """Yield the encoded words of a text. Blanks are inside the words, because those between words are ignored.

    room  for the first word; each of the others has a line to itself

    No character is cut, and no group of characters that is displayed as one, unless it alone is too long for a word.
    """
    data = text.encode()
    is_base64 = _quoted_length(data) > -(-len(data) // 3) * 4
    room, chunk = min(room, _LONGEST_WORD) - _FRAME, ""
    for piece in split_signs(text):
        if chunk and not _fits(chunk + piece, room, is_base64):
            yield _frame(chunk, is_base64)
            room, chunk = _LONGEST_WORD - _FRAME, ""
        *heads, rest = _cut(piece, room, is_base64) if not chunk else [piece]
        for head in heads:
            yield _frame(head, is_base64)
            room = _LONGEST_WORD - _FRAME
        chunk += rest
    yield _frame(chunk, is_base64)


def _cut(piece: str, room: int, is_base64: bool) -> Iterator[str]:
    """Yield a group of characters as it is, or in parts of whole characters if it is too long for one word."""
    chunk = ""
    for sign in piece:
        if chunk and not _fits(chunk + sign, room, is_base64):
            yield chunk
            chunk = ""
        chunk += sign
    yield chunk


def _fits(text: str, room: int, is_base64: bool) -> bool:
    data = text.encode()
    return (-(-len(data) // 3) * 4 if is_base64 else _quoted_length(data)) <= room


def _quoted_length(data: bytes) -> int:
    return sum(1 if byte in _SAFE or byte == 0x20 else 3 for byte in data)


def _frame(text: str, is_base64: bool) -> str:
    data = text.encode()
    if is_base64:
        return f"=?utf-8?b?{base64.b64encode(data).decode()}?="
    signs = ("_" if b == 0x20 else chr(b) if b in _SAFE else f"={b:02X}" for b in data)
    return f"=?utf-8?q?{''.join(signs)}?="
