"""Through which proxy Apprise's plug-ins speak to their services: by our rules, and not by ``requests``' own.

That library goes by the environment, reads NO_PROXY in its own way, and keeps a proxy through a redirect to a host that is to
be asked without it. All requests of all plug-ins pass one place, where the proxy is chosen for the address that is really asked.
"""

import importlib
from typing import Any

from crawler.model.proxy import Proxy
from crawler.text.web.proxies import ProxyRules


def read_rules(stated: dict[str, Any]) -> ProxyRules:
    """Return the rules that came as JSON values."""
    proxy = stated["proxy"]
    return ProxyRules(Proxy(**proxy) if proxy else None, tuple(stated["exceptions"]))


def go_by(rules: ProxyRules) -> None:
    """Have every request that this process makes with ``requests`` go by the rules alone."""
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
