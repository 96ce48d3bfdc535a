"""Reading language tags as pages, feeds and files state them: ``en-GB``, ``pt_BR``, ``zh-Hans``."""

import re

# two letters: our stemmers, dictionaries and date words all use ISO 639-1
_CODE = re.compile(r"[a-z]{2}")


def find_code(tag: str) -> str | None:
    """Return the ISO 639-1 code of a language tag; None if it begins with something else."""
    primary = re.split(r"[-_]", tag.strip().lower())[0]
    return primary if _CODE.fullmatch(primary) else None
