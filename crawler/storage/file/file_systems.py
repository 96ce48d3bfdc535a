"""The kind of file system the database is on: SQLite's WAL needs one whose users are all on one machine (decision 029).

Learned from sqlite.org/wal.html ("does not work over a network filesystem") and sqlite.org/faq.html#q5 (locks of NFS); names
as in Linux's /proc/filesystems and those of FUSE programs.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "coda",
        "davfs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.davfs2",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.gcsfuse",
        "fuse.curlftpfs",
        "fuse.smbnetfs",
        "fuse.ceph",
        "fuse.ceph-fuse",
        "fuse.juicefs",
        "fuse.mount-s3",
        "fuse.blobfuse2",
    ]
)
# a folder of the host in a virtual machine: safe as long as only one side opens the file; refusing it would stop everybody
# with Docker Desktop
_OF_THE_HOST = frozenset(
    [
        "9p",
        "virtiofs",
        "vboxsf",
        "prl_fs",
        "vmhgfs",
        "fuse.vmhgfs-fuse",
        "fuse.grpcfuse",
        "fuse.osxfs",
        "fakeowner",
    ]
)
# how /proc/self/mountinfo writes blanks, tabs and backslashes: as octal numbers (proc(5))
_ESCAPED = re.compile(r"\\([0-7]{3})")


class DiskKind(StrEnum):
    """Whether SQLite's locks and shared memory can be relied on."""

    LOCAL = "local"
    OF_THE_HOST = "of the host"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """A mounted file system: its type as the kernel names it, where it is mounted, and what it is a mount of."""

    kind: DiskKind
    type: str
    mounted_at: str
    origin: str


def find_file_system(path: Path, *, mounts: Path = _MOUNTS) -> FileSystem | None:
    """Return the file system that a path is on, whether it exists or not; None if the system does not say (not Linux)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    real = path.resolve()
    found = None
    for line in lines:
        one = _read(line)
        # of two mounts at one place the later one hides the earlier
        if (
            one is not None
            and real.is_relative_to(one.mounted_at)
            and (found is None or len(one.mounted_at) >= len(found.mounted_at))
        ):
            found = one
    return found


def explain_network(path: Path, found: FileSystem) -> str:
    """Return a sentence: why a database on a network file system is not safe, and what to do."""
    return (
        f"the database {path} would lie on a network file system ({found.type}, {found.origin} mounted at "
        f"{found.mounted_at}). SQLite cannot keep it whole there: its locks and its shared memory work on one machine alone. "
        "Set [store] path to a local disk and put backups on the network; or, where this machine alone ever opens it "
        "and you accept the risk, [store] network_disk = true"
    )


def _read(line: str) -> FileSystem | None:
    """Return the file system of a line of mountinfo: "36 35 98:0 /root /mounted/at rw,noatime master:1 - ext3 /dev/root rw"."""
    before, _, after = line.partition(" - ")
    fields, end = before.split(" "), after.split(" ")
    if len(fields) < 5 or len(end) < 2:
        return None
    return FileSystem(
        kind=_judge(end[0]), type=end[0], mounted_at=_unescape(fields[4]), origin=_unescape(end[1])
    )


def _judge(name: str) -> DiskKind:
    if name in _NETWORK:
        return DiskKind.NETWORK
    return DiskKind.OF_THE_HOST if name in _OF_THE_HOST else DiskKind.LOCAL


def _unescape(text: str) -> str:
    """Return a path of mountinfo unescaped: blanks, tabs and backslashes are octal numbers there (proc(5))."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)
