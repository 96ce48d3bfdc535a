"""Reading keys that sign webhooks: ``whsec_`` and base64, as in Standard Webhooks, or plain text."""

import base64
import binascii

_PREFIX = "whsec_"
# Standard Webhooks asks for 192 to 512 bits
_FEWEST_BYTES, _MOST_BYTES = 24, 64
# a rotation needs two; many lines are a mistake or the wrong file
_MOST_KEYS = 5


def list_keys(text: str) -> tuple[str, ...]:
    """Return the keys of a setting or file, one a line; with several, each message is signed with all of them."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def read_key(stated: str) -> bytes:
    """Return the bytes of a key; a text without the prefix is the key itself.

    raises  ValueError with what is wrong, if what follows the prefix is no base64 or of another length
    """
    if not stated.startswith(_PREFIX):
        return stated.encode()
    try:
        key = base64.b64decode(stated.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(
            "base64 must follow `whsec_`, such as the output of `openssl rand -base64 32`"
        ) from error
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(
            f"a key with `whsec_` must encode {_FEWEST_BYTES} to {_MOST_BYTES} bytes, this one encodes {len(key)}; "
            "write `whsec_` and the output of `openssl rand -base64 32`"
        )
    return key


def find_key_fault(keys: tuple[str, ...]) -> str:
    """Return what is wrong with the keys of a channel, empty if nothing is; the text holds no part of a key."""
    if len(keys) > _MOST_KEYS:
        return f"it has {len(keys)} lines, and each line is a key; at most {_MOST_KEYS} are allowed, and one is enough"
    for key in keys:
        try:
            read_key(key)
        except ValueError as error:
            return str(error)
    return ""
