"""The file system of a file, from the kernel's list of mounts: network file systems are refused, and a real one is recognised."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.errors import DatabaseUnusable
from crawler.storage.file.file_systems import DiskKind, find_file_system
from tests.conftest import make_config
from tests.unit.cli.source.test_source_cli import Shell
from watchword.cli.terminal.database_place import require_local_disk
from watchword.doctor.findings import Verdict
from watchword.doctor.storage.disk_health import look_at_file_system

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /srv/news rw,relatime shared:2 - nfs4 nas.example:/export/news rw,vers=4.2,addr=10.0.0.9
31 22 0:26 / /srv/share rw,relatime - cifs //nas.example/news rw,vers=3.1.1
32 22 0:27 / /srv/with\040blank\134sign rw - fuse.sshfs me@host.example:/ rw
33 22 0:28 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync
34 22 0:29 / /Users rw - virtiofs mount0 rw
35 22 0:30 / /auto rw - autofs systemd-1 rw,fd=30
36 35 0:31 / /auto rw - nfs nas.example:/home rw
37 30 0:32 / /srv/news/local rw - xfs /dev/sdb1 rw
38 22 0:33 / /over rw - nfs nas.example:/x rw
39 22 0:34 / /over rw - tmpfs tmpfs rw
40 22 0:35 /data /data rw,relatime master:7 propagate_from:2 unbindable - btrfs /dev/sdc rw,subvol=/data
a line that is none
41 22
"""


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/var/lib/watchword.db", DiskKind.LOCAL, "ext4"),
        ("/srv/news/watchword.db", DiskKind.NETWORK, "nfs4"),
        ("/srv/news/deep/er/watchword.db", DiskKind.NETWORK, "nfs4"),
        ("/srv/newspaper/watchword.db", DiskKind.LOCAL, "ext4"),
        ("/srv/share/watchword.db", DiskKind.NETWORK, "cifs"),
        ("/srv/with blank\\sign/watchword.db", DiskKind.NETWORK, "fuse.sshfs"),
        ("/mnt/c/watchword.db", DiskKind.OF_THE_HOST, "9p"),
        ("/Users/me/watchword.db", DiskKind.OF_THE_HOST, "virtiofs"),
        ("/auto/watchword.db", DiskKind.NETWORK, "nfs"),
        ("/srv/news/local/watchword.db", DiskKind.LOCAL, "xfs"),
        ("/over/watchword.db", DiskKind.LOCAL, "tmpfs"),
        ("/data/watchword.db", DiskKind.LOCAL, "btrfs"),
    ],
)
def test_the_nearest_mount_decides_the_file_system(
    tmp_path: Path, path: str, kind: DiskKind, name: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)

    found = find_file_system(Path(path), mounts=mounts)

    assert found is not None
    assert (found.kind, found.type) == (kind, name)


def test_a_symbolic_link_counts_as_its_target(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:3 / {real.resolve()} rw - nfs a:/b rw\n"
    )

    found = find_file_system(tmp_path / "link" / "watchword.db", mounts=mounts)

    assert found is not None
    assert found.kind is DiskKind.NETWORK


def test_a_system_without_a_list_of_mounts_is_not_judged(tmp_path: Path) -> None:
    assert find_file_system(tmp_path, mounts=tmp_path / "missing") is None


def test_the_disk_of_this_test_is_local(tmp_path: Path) -> None:
    assert look_at_file_system(tmp_path / "watchword.db").verdict is Verdict.OK


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a real network file system: sshfs on a server that is started for it alone."""
    server = Path("/usr/lib/openssh/sftp-server")
    if shutil.which("sshfs") is None or not server.exists() or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("sshfs, sftp-server or /dev/fuse is not here")
    there, mount, shell = tmp_path / "there", tmp_path / "mount", tmp_path / "ssh.sh"
    there.mkdir()
    mount.mkdir()
    shell.write_text(f"#!/bin/sh\nexec {server}\n")
    shell.chmod(0o755)
    command = ["sshfs", "-o", f"ssh_command={shell}", f"host:{there}", str(mount)]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("no FUSE file system may be mounted here")
    yield mount
    subprocess.run(["fusermount", "-u", str(mount)], check=False)


def test_a_database_on_a_network_disk_is_refused_unless_it_is_allowed(
    tmp_path: Path, remote: Path
) -> None:
    path = remote / "folder" / "watchword.db"
    stated = make_config(tmp_path, store={"path": path}).store

    with pytest.raises(DatabaseUnusable, match="network file system"):
        require_local_disk(stated)
    require_local_disk(stated.model_copy(update={"network_disk": True}))
    assert look_at_file_system(path).verdict is Verdict.LOOK
    assert not path.parent.exists()


def test_the_place_of_a_new_database_is_reported_and_that_of_an_old_one_is_not(
    tmp_path: Path,
) -> None:
    shell = Shell(tmp_path)

    first, second = shell.run("crawl", code=4), shell.run("crawl", code=4)

    assert f"New database: {tmp_path}" in " ".join(first.split())
    assert "counts as seen" in first
    assert "New database" not in second
