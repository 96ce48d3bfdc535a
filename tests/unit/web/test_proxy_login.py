"""Who a reverse proxy may say has signed in."""

import pytest

from watchword.web.access.proxy_login import ProxyLogin


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("ann", {"id": "ann"}),
        ("root", None),
        # whose stars and requests would be taken for the owner's
        ("owner", None),
        ("chief", {"id": "root", "reader": "chief"}),
    ],
)
def test_nobody_is_taken_for_the_owner_by_name(name: str, actor: dict[str, str] | None) -> None:
    login = ProxyLogin(header="Remote-User", addresses=["127.0.0.1"], owners=["chief"])

    assert login.find_actor("127.0.0.1", [(b"remote-user", name.encode())]) == actor
