import pytest

from crawler.alerting.mail.hello import choose_hello, is_full_name


@pytest.mark.parametrize(
    ("name", "is_full"),
    [
        ("news.example.org", True),
        ("news.example.org.", True),
        ("ip-10-0-0-1.eu-west-1.compute.internal", True),
        ("xn--bcher-kva.example", True),
        ("localhost", False),
        ("localhost.localdomain", False),
        ("localhost.example.org", False),
        ("vm", False),
        ("macbook.local", False),
        ("3f2a9c1b7d5e", False),
        ("3f2a9c1b7d5e.example.org", False),
        ("my_host.example.org", False),
        ("app.docker", False),
        ("1.0.0.0.0.0.0.0.ip6.arpa", False),
        ("192.0.2.1", False),
        ("..", False),
        ("", False),
        ("-x.example.org", False),
    ],
)
def test_a_full_name_is_one_that_other_machines_can_use(name: str, is_full: bool) -> None:
    assert is_full_name(name) is is_full


@pytest.mark.parametrize(
    ("stated", "machine", "sender", "own_address", "hello"),
    [
        ("mail.example.org", "box.example.net", "w@example.com", "192.0.2.1", "mail.example.org"),
        ("", "box.example.net.", "w@example.com", "192.0.2.1", "box.example.net"),
        ("", "3f2a9c1b7d5e", "w@example.com", "192.0.2.1", "example.com"),
        ("", "localhost", "w@bücher.example", "192.0.2.1", "xn--bcher-kva.example"),
        ("", "vm", "watchword@localhost", "192.0.2.1", "[192.0.2.1]"),
        ("", "", "watchword@localhost", "2001:db8::1", "[IPv6:2001:db8::1]"),
        ("", "", "watchword@localhost", "fe80::1%eth0", "[IPv6:fe80::1]"),
        ("", "", "broken", "what", "[127.0.0.1]"),
    ],
)
def test_the_greeting_uses_the_best_name_there_is(
    stated: str, machine: str, sender: str, own_address: str, hello: str
) -> None:
    assert choose_hello(stated, machine=machine, sender=sender, own_address=own_address) == hello
