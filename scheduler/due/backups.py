"""Backups that the daemon makes by itself: when one is due is read off the folder, so that nothing else can be out of step."""

import asyncio
import logging
import random
from datetime import datetime, timedelta

from crawler.backoff import AROUND, Backoff
from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.log import log_event
from crawler.machine.processes.python_child import child_environment, python_command
from crawler.storage.backup.folder import list_backups

_log = logging.getLogger("watchword.daemon")
# after a failure; a full disk is not tried at every tick
_AGAIN = Backoff(timedelta(minutes=5), timedelta(hours=6), AROUND)
# copying and checking a hundred gigabytes from a slow disk; one that takes longer waits for a disk that is away
LONGEST_SECONDS = 6 * 3600.0
# characters of a child's last words
_LONGEST_REASON = 500
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class Backups:
    """Makes a backup whenever ``[backup] every`` has passed since the newest one in the folder."""

    def __init__(self, config: Config, *, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._failure_count = 0
        self._not_before: datetime | None = None

    def use_config(self, config: Config) -> None:
        """Go by another configuration from now on, and try again at once if the last try failed."""
        if config.backup != self._config.backup:
            self._failure_count, self._not_before = 0, None
        self._config = config

    async def make_if_due(self) -> None:
        """Make a backup if one is due, in a process that ends with this one; a failure is logged and tried again later."""
        if not await asyncio.to_thread(self._is_due):
            return
        reason = await self._make()
        if not reason:
            self._failure_count, self._not_before = 0, None
            return
        self._failure_count += 1
        wait = _AGAIN.draw_after(self._failure_count, _RNG)
        self._not_before = self._clock() + wait
        log_event(
            _log,
            logging.ERROR,
            "backup failed",
            reason=reason,
            again_at=f"{self._not_before:%H:%M}Z",
        )

    def _is_due(self) -> bool:
        """Return whether a backup is due; looks into the folder, which may take its time."""
        every, now = self._config.backup.every, self._clock()
        if not every or (
            self._not_before is not None and now < self._not_before <= now + _AGAIN.most * 2
        ):
            return False
        backups = list_backups(self._config.backup_folder, self._config.store.path, now=now)
        # a clock that was ahead leaves names that lie ahead: they must not keep off backups for years
        newest = next((one for one in backups if one.made_at <= now + every), None)
        return newest is None or now - newest.made_at >= every

    async def _make(self) -> str:
        """Return why there is no new backup, empty if there is one."""
        config = self._config
        code, words = await _run_alone(
            "crawler.storage.backup",
            str(config.store.path),
            str(config.backup_folder),
            str(config.backup.keep),
        )
        if code:
            return words[-_LONGEST_REASON:] or f"its process ended with {code}"
        log_event(_log, logging.INFO, "backup made", file=words)
        return ""


async def _run_alone(module: str, *arguments: str) -> tuple[int, str]:
    """Run a module of ours to its end; return its exit code and what it said. It ends with this process or task."""
    child = await asyncio.create_subprocess_exec(
        *python_command("crawler.machine.processes.bound_process", module, *arguments),
        env=child_environment(),
        stdin=asyncio.subprocess.PIPE,  # closed when this process ends, which ends the child
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            said = await child.stdout.read() if child.stdout is not None else b""
            code = await child.wait()
    except TimeoutError:
        return 1, f"it did not end within {LONGEST_SECONDS / 3600:.0f} hours"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return code, said.decode(errors="replace").strip()
