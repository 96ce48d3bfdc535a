"""The proxy for requests of Apprise's plug-ins, chosen by our rules and not by those of ``requests``.

``requests`` follows the environment, reads NO_PROXY in its own way (a suffix of characters is enough), and keeps a proxy
after a redirect to an excepted host. All requests of plug-ins pass one place, where the proxy is chosen by the address.
"""

import importlib
from typing import Any

from crawler.model.proxy import Proxy
from crawler.text.web.proxies import ProxyRules


def read_rules(stated: dict[str, Any]) -> ProxyRules:
    """Return the proxy rules that ``asdict`` and JSON made into a dict."""
    proxy = stated["proxy"]
    return ProxyRules(Proxy(**proxy) if proxy else None, tuple(stated["exceptions"]))


def go_by(rules: ProxyRules) -> None:
    """Make every request that this process sends with ``requests`` follow the rules."""
    adapter: Any = importlib.import_module("requests.adapters").HTTPAdapter
    send = adapter.send

    def send_by_rules(self: Any, request: Any, **options: Any) -> Any:
        proxy = rules.find(request.url)
        by = {"http": proxy.url, "https": proxy.url} if proxy else {}
        return send(self, request, **{**options, "proxies": by})

    def write_headers(_self: Any, _proxy: str) -> dict[str, str]:
        login = rules.proxy.login if rules.proxy else ""
        return {"Proxy-Authorization": login} if login else {}

    adapter.send = send_by_rules
    adapter.proxy_headers = write_headers
