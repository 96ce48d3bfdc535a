"""Whether something keeps this machine's clock right, as the kernel knows without a network."""

import ctypes
import sys

# timex.h: the clock is not kept right by anything; struct timex begins with two numbers, offset and freq, and is 208 bytes long
_UNSYNCED = 0x0040
_ERROR_STATE = 5
_TIMEX_BYTES = 208
_STATUS_AT = 40


def is_kept_right() -> bool | None:
    """Return whether a time service sets the clock; None where that is not known, as in most containers."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != 8:
        return None
    state = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only ask
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(state)
    except (OSError, AttributeError):
        return None
    if answer < 0:
        return None
    status = int.from_bytes(state.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder)
    return answer != _ERROR_STATE and not status & _UNSYNCED
