"""Masks: what no log, message or table may show of logins, keys, tokens and mail addresses.

A text is masked by its shape, which catches what others send us, and by the secrets of this installation, which catches
those of any shape: each is registered when it is read.
"""

import re

from crawler.logs.masking.in_addresses import mask_decoded, mask_in_addresses
from crawler.logs.masking.in_texts import mask_in_texts
from crawler.logs.masking.own_secrets import MASK, mask_own

# the start must be no part of a longer word; an asterisk is never in it, so that a masked text is masked no further. Names of
# pictures, as icon@2x.png, are no addresses
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'+=?^`{|}~@*-])(?P<local>\"[^\"\n]{1,64}\"|[\w.!#$%&'+=?^`{|}~-]{1,64})@"
    r"(?P<domain>(?:[\w-]{1,63}\.)+[\w-]{2,63}|localhost|\[[0-9a-z:.]{2,50}\])",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)$", re.IGNORECASE)


def mask(text: str) -> str:
    """Return a text without logins, tokens, known secrets and whole mail addresses."""
    return mask_decoded(mask_own(text), lambda part: mask_addresses(_mask_shapes(part)))


def mask_secrets(text: str) -> str:
    """Return a text without logins, tokens and known secrets; mail addresses stay, for what is stored beside them."""
    return mask_decoded(mask_own(text), _mask_shapes)


def mask_urls(text: str) -> str:
    """Return a text with the logins and tokens of its web addresses masked: ``https://ada:***@host/?key=***``."""
    return mask_decoded(text, mask_in_addresses)


def mask_addresses(text: str) -> str:
    """Return a text with its mail addresses masked."""
    return _ADDRESS.sub(_write_address, text) if "@" in text else text


def mask_address(address: str) -> str:
    """Return a recipient that only those recognise who know it: ``j***@example.org``; the name of a channel stays."""
    local, at, domain = address.rpartition("@")
    return f"{local.lstrip(chr(34))[:1]}{MASK}@{domain}" if at else address


def _mask_shapes(text: str) -> str:
    masked = mask_in_texts(mask_in_addresses(text))
    # a name that was read as the value of another one hid its own: "-password Authorization:: Authorization:h"
    return masked if masked == text else mask_in_texts(mask_in_addresses(masked))


def _write_address(found: re.Match[str]) -> str:
    return found[0] if _PICTURE.search(found["domain"]) else mask_address(found[0])
