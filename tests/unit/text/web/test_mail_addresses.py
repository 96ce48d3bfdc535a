import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.web.mail_addresses import (
    find_address_fault,
    identify_mailbox,
    list_beyond_ascii,
    needs_smtputf8,
    to_wire,
)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("me@example.org", "me@example.org"),
        ("me@bücher.example", "me@xn--bcher-kva.example"),
        ("me@BÜCHER.example", "me@xn--bcher-kva.example"),
        ("me@straße.example", "me@xn--strae-oqa.example"),  # UTS 46, not the "ss" of 2003
        ("me@例え.jp", "me@xn--r8jz45g.jp"),
        ("me@пример.рф", "me@xn--e1afmkfd.xn--p1ai"),
        ("me@مثال.إختبار", "me@xn--mgbh0fb.xn--kgbechtv"),
        ("me@bücher。example", "me@xn--bcher-kva.example"),  # an ideographic full stop
        ("me@xn--bcher-kva.example", "me@xn--bcher-kva.example"),
        ("jörg@example.org", "jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org"),  # NFD as macOS writes it
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("watchword@localhost", "watchword@localhost"),
        ("me@[192.0.2.1]", "me@[192.0.2.1]"),
        ("me@[IPv6:2001:db8::1]", "me@[IPv6:2001:db8::1]"),
        ('"a..b"@docomo.example', '"a..b"@docomo.example'),
        ("o'neil+news=x/y@my_host.example", "o'neil+news=x/y@my_host.example"),
    ],
)
def test_an_address_is_sent_as_every_server_reads_it(written: str, sent: str) -> None:
    assert to_wire(written) == sent


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("me", "not a mail address"),
        ("@example.org", "not a mail address"),
        ("me@", "not a mail address"),
        ("a@b@example.org", "not a mail address"),
        ("Me <me@example.org>", "U+0020"),
        ("me@example.org,you@example.org", "not a mail address"),
        ("m(e)@example.org", "not a mail address"),
        ("a..b@example.org", "twice in a row"),
        (".a@example.org", "dot at the start"),
        ("a.@example.org", "at the end"),
        ("me@example..org", "domain that mail servers cannot use"),
        ("me@example.org.", "domain that mail servers cannot use"),
        ("me@-bad.example", "domain that mail servers cannot use"),
        ("me@ex ample.org", "U+0020"),
        ("me@example.org\r\nRCPT TO:<x@y.org>", "not a mail address"),
        ("me@example.org\r\n", "U+000D"),
        ("me\x00@example.org", "U+0000"),
        ("me\u200b@example.org", "U+200B"),
        ("\u202ame@example.org", "U+202A"),
        ("me\u00a0@example.org", "U+00A0"),
        ("me@\ufffd.example", "domain that mail servers cannot use"),
        ("me@ab\u2260c.example", "domain that mail servers cannot use"),
        ("x" * 65 + "@example.org", "64 bytes"),
        ("ö" * 33 + "@example.org", "64 bytes"),
        ("me@" + "x" * 64 + ".org", "domain that mail servers cannot use"),
        ("me@" + "x.y" * 90 + ".org", "254 bytes"),
        ("me@[300]", "in brackets"),
    ],
)
def test_an_impossible_address_is_refused_with_the_reason(address: str, why: str) -> None:
    assert why in str(find_address_fault(address))
    with pytest.raises(ValueError, match=r"."):
        to_wire(address)


def test_two_spellings_of_one_mailbox_are_recognised() -> None:
    spellings = (
        "jörg@Bücher.example",
        "jo\u0308rg@bu\u0308cher.EXAMPLE",
        "jörg@xn--bcher-kva.example",
    )

    assert len({identify_mailbox(one) for one in spellings}) == 1
    assert identify_mailbox("Me@example.org") != identify_mailbox("me@example.org")
    assert identify_mailbox("newsroom") == "newsroom"


def test_only_the_local_part_can_need_smtputf8() -> None:
    assert needs_smtputf8("jörg@example.org")
    assert not needs_smtputf8("me@bücher.example")
    assert list_beyond_ascii("jörg.größe") == "ö, ß"


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_is_refused_in_words(text: str) -> None:
    if find_address_fault(text) is None:
        sent = to_wire(text)
        assert sent.rpartition("@")[2].isascii()
        assert sent.isprintable()
        assert identify_mailbox(sent) == identify_mailbox(text)
