"""Hosts as people write them: a wrong one is refused with what to write instead."""

import pytest

from crawler.text.web.hosts import read_host


@pytest.mark.parametrize(
    ("stated", "host"),
    [
        ("", ""),
        ("smtp.example.org", "smtp.example.org"),
        ("mail", "mail"),
        ("SMTP.Example.ORG", "SMTP.Example.ORG"),
        ("mail_relay", "mail_relay"),
        ("my_stack_mail-1.internal", "my_stack_mail-1.internal"),
        ("_smtp.example.org", "_smtp.example.org"),
        ("1and1.example", "1and1.example"),
        ("4.example", "4.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("2001:db8::25", "2001:db8::25"),
        ("[2001:db8::25]", "2001:db8::25"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_a_host_is_read_as_it_is_connected_to(stated: str, host: str) -> None:
    assert read_host(stated) == host


@pytest.mark.parametrize(
    ("stated", "advice"),
    [
        ('"smtp.example.org"', "write smtp.example.org"),
        ("'smtp.example.org'", "write smtp.example.org"),
        ("“smtp.example.org”", "write smtp.example.org"),
        ('smtp.example.org"', "write smtp.example.org"),
        ("smtp.example.org:587", 'write "smtp.example.org" and the port, 587, into `port`'),
        ("smtp.example.org:", 'write "smtp.example.org"'),
        ("[::1]:25", 'write "::1" and the port, 25, into `port`'),
        ("192.0.2.1:25", 'write "192.0.2.1" and the port, 25'),
        ("smtp://smtp.example.org", 'write "smtp.example.org"'),
        ("smtps://smtp.example.org:465/", 'write "smtp.example.org" and the port, 465'),
        ("https://mail.example.org/webmail", 'write "mail.example.org"'),
        ("smtp://me:hunter2@smtp.example.org", 'write "smtp.example.org"'),
        ("smtp.example.org/", 'write "smtp.example.org"'),
        ("smtp.example.org.", 'write "smtp.example.org"'),
        ("me@example.org", 'write "example.org"'),
        (" smtp.example.org", 'write "smtp.example.org"'),
        ("smtp.example.org\n", 'write "smtp.example.org"'),
        ("smtp example org", "is not a host"),
        ("smtp.exam\u200bple.org", "is not a host"),
        ("smtp,example.org", "is not a host"),
        ("smtp..example.org", "is not a host"),
        ("-smtp.example.org", "is not a host"),
        ("a" * 64 + ".example.org", "is not a host"),
        (".".join(["a" * 60] * 5), "neither a name nor an IP address"),
        ("999.1.1.1", "neither a name nor an IP address"),
        ("192.168.1", "neither a name nor an IP address"),
        ("587", "neither a name nor an IP address"),
        ("0x7f000001", "neither a name nor an IP address"),
        ("[192.0.2.1]", "is not a host"),
        ("2001:db8::25::1", "is not a host"),
        ("smtp://", "write its name"),
    ],
)
def test_an_invalid_host_is_refused_with_what_to_write(stated: str, advice: str) -> None:
    with pytest.raises(ValueError, match="write") as caught:
        read_host(stated)

    assert advice in str(caught.value)
    assert "hunter2" not in str(caught.value)
