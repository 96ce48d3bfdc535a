"""Deciding whether a document is complete although its connection was closed early."""

import re

# bytes in which the end tag is looked for: some sites have scripts, and comments such as "page generated in 0.2 s",
# after it
_TAIL_BYTES = 4096
# bytes in which the first element is looked for
_HEAD_BYTES = 4096
# the first element, whose end tag must follow
_ROOT = re.compile(rb"<([a-zA-Z][a-zA-Z0-9:._-]{0,60})[\s/>]")
# JSON ends with the bracket that closes its first one
_BRACKETS = {b"{": b"}", b"[": b"]"}


def has_own_end(body: bytes) -> bool:
    """Return whether a document ends as its kind does: HTML, any XML, JSON or PDF.

    False for plain text, which has no end of its own.
    """
    # UTF-16 has a NUL beside each ASCII character
    head = body[:_HEAD_BYTES].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    tail = body[-_TAIL_BYTES:].replace(b"\x00", b"").rstrip()
    if head[:1] in _BRACKETS:
        return tail.endswith(_BRACKETS[head[:1]])
    if head.startswith(b"%PDF"):
        return b"%%EOF" in tail
    root = _find_root(head)
    if root is None:
        return False
    is_page = root in _PAGE_PARTS or head[:14].lower() == b"<!doctype html"
    ends = (b"</html", b"</body") if is_page else (b"</" + root,)
    return any(end in tail.lower() for end in ends)


# elements that an HTML page may begin with; it may leave out <html>
_PAGE_PARTS = frozenset(
    {b"html", b"head", b"body", b"title", b"meta", b"link", b"script", b"style", b"div", b"p"}
)


def _find_root(head: bytes) -> bytes | None:
    """Return the name of a document's first element in lower case; None if none is found.

    Declarations, comments and processing instructions before it are skipped.
    """
    while head.startswith((b"<?", b"<!")):
        end = b"-->" if head.startswith(b"<!--") else b">"
        _, found, head = head.partition(end)
        if not found:
            return None
        head = head.lstrip()
    root = _ROOT.match(head)
    return root[1].lower() if root else None
