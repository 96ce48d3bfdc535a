"""The time zone of this machine, as the default for the first configuration."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# a link into the zone database, on Linux and macOS
_LOCALTIME = Path("/etc/localtime")


def find_machine_zone(link: Path = _LOCALTIME) -> str:
    """Return the name of this machine's time zone, such as ``Europe/Berlin``; ``UTC`` if it states none."""
    try:
        name = str(link.readlink()).partition("zoneinfo/")[2]
        # of zones without a place only this one is meant by people
        return "UTC" if not name or name.startswith("Etc/") else ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return "UTC"
