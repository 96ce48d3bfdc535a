"""The finding about the memory that the daemon may use."""

from pathlib import Path
from typing import TYPE_CHECKING

from crawler.machine.limits import BROWSER_MEMORY_BYTES, LEAST_MEMORY_BYTES, read_memory_limit
from crawler.storage.file.instance_lock import find_holder
from crawler.text.counts import write_size
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def look_at_memory(config: "Config") -> Finding:
    """Return how much memory the running daemon may use, else this process; LOOK if that is less than the least needed."""
    holder = find_holder(config.store.path.absolute())
    group = Path(f"/proc/{holder.pid if holder and holder.pid else 'self'}/cgroup")
    limit = read_memory_limit(own=group if group.exists() else Path("/proc/self/cgroup"))
    need = BROWSER_MEMORY_BYTES if config.needs_browser else LEAST_MEMORY_BYTES
    return judge_memory(limit, need=need)


def judge_memory(limit: int | None, *, need: int) -> Finding:
    """Return the finding for a limit, None for none, and the least that is needed, both in bytes."""
    if limit is None:
        return Finding(subject="memory", verdict=Verdict.OK, summary="not limited")
    is_little = limit < need
    return Finding(
        subject="memory",
        verdict=Verdict.LOOK if is_little else Verdict.OK,
        summary=f"limited to {write_size(limit)}"
        + (f"; at least {write_size(need)} are needed" if is_little else ""),
        remedy="raise the limit (`mem_limit` of docker-compose.yml, MemoryMax of the systemd unit): with less, pages are given "
        "up and processes killed"
        if is_little
        else "",
    )
