"""Reading PDF with pypdf, which is pure Python, in a parse worker. Needs the extra ``watchword[pdf]``."""

import logging
import re
from io import BytesIO
from typing import Any

from crawler.errors import NotAnArticle
from crawler.text.lines import clean_line

# pages and characters that are read: a report has its main points at the beginning, and each page takes pypdf some
# hundredths of a second
_MOST_PAGES = 60
_MOST_CHARACTERS = 1_000_000
# drawing commands of one page: a page of text has some thousand bytes; one with more than this is a map and is skipped
_MOST_CONTENT_BYTES = 3_000_000
# titles that programs set by themselves
_NO_TITLE = re.compile(r"^(?:microsoft \w+ - |untitled|document\d*$|.*\.(?:docx?|indd|pdf|tex|odt|qxp)$)", re.IGNORECASE)  # fmt: skip
# errors that pypdf raises on hostile or broken files besides its own; the parse pool limits memory and time
_BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError, NotImplementedError,
    AssertionError, OSError, UnicodeError,
)  # fmt: skip


def read_pdf(body: bytes) -> tuple[str, list[str]]:
    """Return the title and the lines of a PDF; the title may be empty, and a blank line follows each page.

    raises  NotAnArticle with the reason, worded for a person
    """
    try:
        import pypdf  # noqa: PLC0415  # an optional extra
        from pypdf.errors import PyPdfError  # noqa: PLC0415
    except ImportError as error:
        raise NotAnArticle("it is a PDF; pip install 'watchword[pdf]' reads them") from error
    logging.getLogger("pypdf").setLevel(
        logging.CRITICAL
    )  # it logs texts of the file, and the log must not hold texts of pages
    try:
        reader = pypdf.PdfReader(BytesIO(body))
        # many files are encrypted with an empty password, only against changes
        if reader.is_encrypted and not reader.decrypt(""):
            raise NotAnArticle("it is a PDF locked with a password")
        count = min(len(reader.pages), _MOST_PAGES)
    except (PyPdfError, *_BROKEN) as error:
        raise NotAnArticle("it is a PDF that cannot be read") from error
    lines: list[str] = []
    left = _MOST_CHARACTERS
    for number in range(count):
        try:
            text = _read_page(reader.pages[number])
        except (PyPdfError, *_BROKEN):
            continue  # the other pages may be readable
        lines += [*text[:left].splitlines(), ""]
        left -= len(text)
        if left <= 0:
            break
    if not any(map(str.strip, lines)):
        raise NotAnArticle("it is a PDF of images without text")
    return _title_of(reader, (PyPdfError, *_BROKEN)), lines


def _read_page(page: Any) -> str:
    contents = page.get_contents()
    if contents is None or len(contents.get_data()) > _MOST_CONTENT_BYTES:
        return ""
    return str(page.extract_text())


def _title_of(reader: Any, broken: tuple[type[Exception], ...]) -> str:
    try:
        title = clean_line(
            str((reader.metadata and reader.metadata.title) or ""), max_characters=200
        )
    except broken:
        return ""
    # a single word is the name of a file or program
    return "" if len(title.split()) < 2 or _NO_TITLE.search(title) else title
