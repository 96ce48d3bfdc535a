"""A source's address as people paste it: beginning with ``feed:``, or with a login in it."""

from collections.abc import Mapping

from crawler.text.source_lists.pasted import read_pasted
from crawler.text.web.logins import split_login

ADVICE = (
    "the login in its address is used as `username` and `password`; a file is safer: remove it from the address and set "
    "`username` and `password_file`"
)


def take_pasted_url(facts: object) -> tuple[object, bool]:
    """Return a source's settings with the plain address, and whether a login was taken out of it.

    raises  ValueError if the settings contain another login
    """
    stated = facts.get("url") if isinstance(facts, Mapping) else None
    if not isinstance(facts, Mapping) or not isinstance(stated, str):
        return facts, False
    # a whole address stays as written: another spelling would be another source in the database
    is_whole = stated.startswith(("http://", "https://"))
    has_scheme = ":" in stated
    url = stated if is_whole else read_pasted(stated) if has_scheme else None
    try:
        plain, name, password = split_login(url or "")
    except ValueError:
        url = None
    # an address that is no web address is refused by the field itself
    if url is None:
        return facts, False
    if not name and not password:
        return {**facts, "url": plain}, False
    if any(facts.get(key) for key in ("username", "password", "password_file")):
        raise ValueError("there is a login in `url` and another one beside it; give only one")
    return {**facts, "url": plain, "username": name, "password": password}, True
