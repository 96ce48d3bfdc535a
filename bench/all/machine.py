"""When, where and of what a table was made: the lines above it."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_CPU = Path("/proc/cpuinfo")


def describe_run(command: str, root: Path) -> list[str]:
    """Return the head of a result: command, date, commit, machine and how busy it is."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        f"`{command}`",
        "",
        f"* {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {find_commit(root)}",
        f"* {cores} cores of {find_processor()}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        f"* load before: {load} (processes ready to run, in the last 1, 5 and 15 minutes)",
        "",
    ]


def find_commit(root: Path) -> str:
    """Return the short name of the commit in a checkout, "with changes" if it has any; "unknown" without Git."""
    try:
        name = _ask_git(root, "rev-parse", "--short", "HEAD")
        changes = _ask_git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name} with changes" if changes else name


def _ask_git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def find_processor() -> str:
    """Return the model name of the processor."""
    try:
        lines = _CPU.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
