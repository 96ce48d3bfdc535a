"""Limits of the machine, read at the start: open files and memory. A limit that is too low is logged.

A small container visited nothing and blamed each source: it was out of file descriptors.
"""

import contextlib
import logging
import resource
from pathlib import Path

from crawler.log import log_event

_log = logging.getLogger("watchword.worker")
# measured: sixty slow hosts need 110 descriptors
_FEWEST_FILES = 128
_MOST_FILES = 65_536  # far more than 128 visits can open; a hard limit may be a million
# for the daemon with all its processes; measured with a dozen sources: 360 MB at the peak, with two processes that read pages
LEAST_MEMORY_BYTES = 512_000_000
# with a browser, which has several processes of its own
BROWSER_MEMORY_BYTES = 2_000_000_000
# what the daemon and the crawl process may take together, and what each process that reads pages may take
_BASE_BYTES = 280_000_000
_WORKER_BYTES = 110_000_000
_CGROUP = Path("/sys/fs/cgroup")


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one, at most 65,536; return the limit and log one that is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if wanted > soft:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < _FEWEST_FILES:
        need = f"at least {_FEWEST_FILES}, such as `ulimit -n 1024` or LimitNOFILE=1024 of a systemd unit"
        log_event(_log, logging.WARNING, "few open files are allowed", limit=now, need=need)
    return now


def most_visits(file_limit: int, *, wanted: int) -> int:
    """Return how many visits may run at once: each may hold four files; a third of the limit and 24 are kept for the rest."""
    return max(1, min(wanted, (file_limit * 2 // 3 - 24) // 4))


def read_memory_limit(root: Path = _CGROUP, own: Path = Path("/proc/self/cgroup")) -> int | None:
    """Return how many bytes of memory the control group of this process may use, None if it has no limit.

    root  where the control groups are mounted
    own   the file that names the groups of this process
    """
    limits = [limit for file in _list_limit_files(root, own) if (limit := _read_limit(file))]
    return min(limits, default=None)


def _list_limit_files(root: Path, own: Path) -> list[Path]:
    """Return the files that may limit us: of our group and of each group above it, for both versions of control groups."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        _, controllers, name = [*line.split(":", 2), "", ""][:3]
        base, file = (root, "memory.max")
        if controllers:
            if "memory" not in controllers.split(","):
                continue
            base, file = root / "memory", "memory.limit_in_bytes"
        parts = [part for part in name.split("/") if part not in {"", ".."}]
        # inside a container the name is often the host's path; then the mounted root is our group
        files += [base.joinpath(*parts[:length], file) for length in range(len(parts), -1, -1)]
    return files


def _read_limit(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        limit = int(file.read_text())
        # version 1 writes "no limit" as a number near 2^63; no machine has a petabyte
        return limit if limit < 1 << 50 else None
    return None


def fit_workers(count: int, memory_limit: int | None) -> int:
    """Return how many processes that read pages fit into a memory limit, at least one; logs a limit that is too low."""
    if memory_limit is None:
        return count
    if memory_limit < LEAST_MEMORY_BYTES:
        log_event(
            _log,
            logging.WARNING,
            "little memory is allowed",
            limit_mb=memory_limit // 1_000_000,
            need="512 MB; with less, pages may be given up and processes killed",
        )
    return max(1, min(count, (memory_limit - _BASE_BYTES) // _WORKER_BYTES))
