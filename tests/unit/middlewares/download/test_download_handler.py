"""The private parts of Scrapy and Twisted that download_handler.py uses are still those it was written for."""

import inspect
from importlib.metadata import version

from scrapy.core.downloader.handlers import http11
from twisted.internet import _sslverify
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.web import _newclient, client

WRITTEN_FOR = {"scrapy": "2.19", "twisted": "26.10"}


def test_the_versions_are_those_the_handler_was_written_for() -> None:
    """Read download_handler.py beside the new version's sources, run tests/spiders/network/test_edge.py, then change this."""
    assert {name: ".".join(version(name).split(".")[:2]) for name in WRITTEN_FOR} == WRITTEN_FOR


def test_the_methods_the_handler_overrides_still_have_their_names() -> None:
    overridden = {
        http11._ScrapyAgent: ("_cb_bodyready",),
        http11._LenientHTTPClientParser: (
            "dataReceived",
            "lineReceived",
            "lineLengthExceeded",
            "statusReceived",
            "headerReceived",
            "allHeadersReceived",
            "_finished",
            "connectionLost",
            "_transferDecoders",
            "clearLineBuffer",
        ),
        http11._LenientHTTP11ClientProtocol: ("connectionMade", "request"),
        http11._LenientHTTP11ClientFactory: ("buildProtocol",),
        client.HTTPConnectionPool: ("getConnection", "_removeConnection"),
        _sslverify.ClientTLSOptions: ("clientConnectionForTLS",),
        TLSMemoryBIOProtocol: ("failVerification",),
    }
    missing = [(kind, name) for kind, names in overridden.items() for name in names if not hasattr(kind, name)]  # fmt: skip

    assert missing == []


def test_the_attributes_the_handler_reads_from_scrapy_still_have_their_names() -> None:
    handler = inspect.getsource(http11.HTTP11DownloadHandler)
    agent = inspect.getsource(http11._ScrapyAgent)
    parser = inspect.getsource(_newclient.HTTP11ClientProtocol)

    for name in ("_pool", "_contextFactory", "_bind_address", "_default_maxsize", "_fail_on_dataloss", "_crawler"):  # fmt: skip
        assert f"self.{name}" in handler
    assert "self._timeout_cl" in agent
    assert "txresponse.deliverBody(" in agent
    assert "self._parser" in parser
