"""A proxy that requests go through."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A forward proxy, spoken to in plain HTTP; https sites are reached through it by CONNECT.

    host   name or address, without brackets
    login  value of the Proxy-Authorization header, empty for none; never shown
    """

    host: str
    port: int
    login: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Host and port, as shown to people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Its address, without the login."""
        return f"http://{self.place}"
