"""Proxies and their exceptions as people write them."""

import pytest

from crawler.text.web.proxies import ProxyRules, check_exception, check_proxy, read_proxy

SECRET = "geheim"


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("HTTP://Proxy.Example/", "http://proxy.example:80"),
        ("http://desk:p%40ss@proxy:3128/", "http://desk:p%40ss@proxy:3128"),
        ("http://desk:p@ss@proxy:3128", "http://desk:p@ss@proxy:3128"),
        ("http://desk:p[s;s@proxy:3128", "http://desk:p[s;s@proxy:3128"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("http://[FD00::1]", "http://[fd00::1]:80"),
        ("http://bücher.example:1", "http://xn--bcher-kva.example:1"),
        ("http://my_proxy:3128", "http://my_proxy:3128"),
        ("none", "none"),
    ],
)
def test_a_proxy_is_kept_in_one_form(stated: str, kept: str) -> None:
    assert check_proxy(stated) == kept
    assert check_proxy(kept) == kept


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("", "not the address of a proxy"),
        ("None", '"none"'),
        ("proxy:3128", 'write "http://proxy.example.org:3128"'),
        ("//proxy:3128", "not the address of a proxy"),
        ("http:/proxy:3128", "not the address of a proxy"),
        (f"socks5://desk:{SECRET}@proxy:1080", "SOCKS proxy (socks5://)"),
        (f"socks5h://desk:{SECRET}@proxy:1080", "SOCKS proxy (socks5h://)"),
        (f"SOCKS4://desk:{SECRET}@proxy:1080", "SOCKS proxy (socks4://)"),
        (f"https://desk:{SECRET}@proxy", "reached over http://"),
        (f"ftp://desk:{SECRET}@proxy", "not the address of a proxy"),
        (f"http://desk:{SECRET}/x@proxy:3128", "%2F"),
        (f"http://desk:12/{SECRET}@proxy:3128", "%2F"),
        (f"http://desk:{SECRET}?x@proxy:3128", "%3F"),
        (f"http://desk:{SECRET}#x@proxy:3128", "%23"),
        (f"http://desk:{SECRET}@proxy:3128#x", "%23"),
        (f"http://desk:{SECRET} x@proxy:3128", "cannot contain a space"),
        (f"http://desk:{SECRET}@proxy:port", "a port is a number"),
        (f"http://desk:{SECRET}@proxy:99999", "a port is a number"),
        (f"http://desk:{SECRET}@", "needs a host"),
        (f"http://desk:{SECRET}@'proxy':3128", "includes quotes"),
        (f"'http://desk:{SECRET}@proxy:3128'", "includes quotes"),
        (f"http://desk:{SECRET}@proxy:3128/proxy.pac", "PAC scripts"),
        (f"http://desk:{SECRET}@proxy\r\nX: y:3128", "cannot contain a space"),
        (f"http://desk:{SECRET}@1.2.3:3128", "neither a name nor an IP address"),
    ],
)
def test_a_fault_explains_what_to_write_and_shows_no_login(stated: str, words: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        check_proxy(stated)

    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "login"),
    [
        ("http://proxy:1", ""),
        ("http://@proxy:1", ""),
        ("http://desk:p%40ss@proxy:1", "Basic ZGVzazpwQHNz"),
        ("http://desk:p@ss@proxy:1", "Basic ZGVzazpwQHNz"),
        ("http://desk@proxy:1", "Basic ZGVzazo="),
        ("http://desk:a:b@proxy:1", "Basic ZGVzazphOmI="),
        ("http://desk:%0D%0Ax@proxy:1", "Basic ZGVzazoNCng="),
    ],
)
def test_the_login_of_a_proxy_is_sent_as_a_header_and_shown_nowhere(
    stated: str, login: str
) -> None:
    proxy = read_proxy(check_proxy(stated))

    assert proxy is not None
    assert (proxy.login, proxy.url, proxy.place) == (login, "http://proxy:1", "proxy:1")
    assert not login or login not in repr(proxy) + repr(ProxyRules(proxy))


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("", "an empty text is not a host"),
        ("a.org,b.org", "write each separately"),
        ("a.org b.org", "write each separately"),
        ("http://intranet", "write only the host"),
        ("desk@intranet", "write only the host"),
        ("*.example.org", 'write ".example.org"'),
        ("*:80", '"*" for every host'),
        ("..", "is not a host"),
        ("10.1.2.3/8", 'write the network, "10.0.0.0/8"'),
        ("10.0.0.0/99", "is not a network"),
        ("10.0.0.0/255.0.0.0", "is neither a host nor a network"),
        ("intranet/x", "is neither a host nor a network"),
        ("intranet:0", "a port is a number"),
        ("intranet:http", "a port is a number"),
        ("'intranet'", "includes quotes"),
        ("0x7f.1", "neither a name nor an IP address"),
    ],
)
def test_an_invalid_exception_is_a_fault(stated: str, words: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        check_exception(stated)

    assert words in str(caught.value)


DIRECT, THROUGH = False, True


@pytest.mark.parametrize(
    ("exception", "url", "way"),
    [
        ("intranet.example.org", "http://intranet.example.org/", DIRECT),
        ("intranet.example.org", "https://INTRANET.Example.ORG./a", DIRECT),
        ("intranet.example.org", "http://desk:x@intranet.example.org/", DIRECT),
        ("intranet.example.org", "http://x.intranet.example.org/", THROUGH),
        ("intranet.example.org", "http://notintranet.example.org/", THROUGH),
        ("intranet.example.org", "http://intranet.example.org.evil.example/", THROUGH),
        ("intranet.example.org", "http://evil.example/intranet.example.org", THROUGH),
        ("intranet.example.org", "http://intranet.example.org@evil.example/", THROUGH),
        (".example.org", "http://example.org/", DIRECT),
        (".example.org", "http://a.b.example.org/", DIRECT),
        (".example.org", "http://badexample.org/", THROUGH),
        ("Wiki:8080", "http://wiki:8080/", DIRECT),
        ("wiki:8080", "http://wiki/", THROUGH),
        ("wiki:443", "https://wiki/", DIRECT),
        ("wiki:443", "http://wiki/", THROUGH),
        ("10.0.0.0/8", "http://10.200.3.4:8080/", DIRECT),
        ("10.0.0.0/8", "http://11.0.0.1/", THROUGH),
        ("10.0.0.0/8", "http://10.example.org/", THROUGH),
        ("10.0.0.0/8", "http://167772161/", DIRECT),
        ("10.0.0.0/8", "http://[::ffff:10.1.1.1]/", DIRECT),
        ("10.0.0.0/8:80", "https://10.1.1.1/", THROUGH),
        ("10.1.2.3", "http://10.1.2.3/", DIRECT),
        ("fd00::/8", "http://[fd00::5]/", DIRECT),
        ("fd00::1", "http://[fd00::1]:81/", DIRECT),
        ("[fd00::1]:81", "http://[fd00::1]/", THROUGH),
        ("bücher.example", "http://xn--bcher-kva.example/", DIRECT),
        ("bücher.example", "http://bücher.example/", DIRECT),
        ("*", "http://anything.example/", DIRECT),
        ("other.example", "http://localhost:8080/", DIRECT),
        ("other.example", "http://a.localhost./", DIRECT),
        ("other.example", "http://127.1/", DIRECT),
        ("other.example", "http://[::1]/", DIRECT),
        ("other.example", "http://0/", DIRECT),
        ("other.example", "http://localhost.example/", THROUGH),
        ("other.example", "http://[bad/", THROUGH),
    ],
)
def test_an_exception_applies_to_the_requested_host(exception: str, url: str, way: bool) -> None:
    rules = ProxyRules.read("http://proxy:3128", [check_exception(exception)])

    assert (rules.find(url) is not None) is way
    assert ProxyRules.read("none", []).find(url) is None
