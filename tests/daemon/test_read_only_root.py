"""The daemon where compose runs it: nothing can be written but its volume and the memory disks, and it works.

In a mount namespace of its own, with this machine's whole file system read-only; ``make image-check`` does it with the image.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon.test_daemon import ROOT, Running, is_sent, running_on
from tests.fakes import FakeMailbox, FakeSite

# root has the right to mount, another user has it in a namespace of his own
_UNSHARE = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--mount")  # fmt: skip
# semaphores lie in /dev/shm, which every container has writable; /proc and /sys are no disks
_SEAL = """
set -e
volume=$1; temporary=$2; shift 2
mount --make-rprivate /
mount --bind "$volume" "$volume"
mount -t tmpfs tmpfs "$temporary"
awk '{print $5}' /proc/self/mountinfo | sort -ur | while read -r place; do
    case $place in "$volume"|"$temporary"|/proc|/proc/*|/sys|/sys/*|/dev/shm) continue;; esac
    mount -o remount,bind,ro "$place" 2>/dev/null || true
done
for place in "$HOME" /var/tmp /etc "$(dirname "$volume")"; do
    if touch "$place/written" 2>/dev/null; then echo "not sealed: $place" >&2; exit 97; fi
done
exec "$@"
"""


class Sealed(Running):
    """A daemon that can write into one folder only; its log is written by the test."""

    temporary: Path

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [*_UNSHARE, "sh", "-c", _SEAL, "sh", str(self.database.parent), str(self.temporary)]  # fmt: skip
        command += [sys.executable, "-m", "watchword", "--config", str(self.config), "run", *options]  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TESTS_", "XDG_"))}  # fmt: skip
        environ = {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(self.database.parent / "cache"), "HOME": str(self.temporary.parent)}  # fmt: skip
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True, env=environ)  # fmt: skip
        self.processes.append(process)
        return process


@pytest.mark.own_process
def test_the_daemon_writes_nowhere_but_into_its_volume(
    tmp_path: Path, site: FakeSite, mailbox: FakeMailbox
) -> None:
    volume = tmp_path / "volume"
    (tmp_path / "temporary").mkdir()
    volume.mkdir()
    if subprocess.run([*_UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False).returncode:  # fmt: skip
        pytest.skip("mounting is not allowed here")
    daemon = Sealed(volume, site, mailbox)
    daemon.temporary = tmp_path / "temporary"

    with running_on(site, daemon):
        process = daemon.start()
        # it makes the dictionary first, in its volume
        daemon.crawl_pid()
        daemon.wait_for("SELECT 1 FROM articles", bool)
        daemon.wait_for("SELECT state FROM deliveries", is_sent)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, daemon.log.read_text()[-2000:]

    log = daemon.log.read_text()
    assert len(mailbox.messages) == 1
    assert "Read-only file system" not in log
    assert "Traceback" not in log
