"""``make image-check``: build the image's file system by the Dockerfile, and run it as docker-compose.yml says.

No Docker is needed, but root, mmdebstrap and this machine's package sources are. What is proven is what the two files say.
Exit code 0: every trial passes; 1: one fails; 77: this machine cannot run them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.image.bench import Bench
from tests.image.build import Impossible, StepFailed, build
from tests.image.dockerfile import NotUnderstood
from tests.image.trials import list_trials

ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("mmdebstrap", "unshare", "nsenter", "setpriv", "mount", "chroot")
IMPOSSIBLE = 77


def main() -> int:
    """Run the check and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the file system in this new folder")  # fmt: skip
    parser.add_argument("--again", type=Path, metavar="FOLDER", help="build nothing, try what was kept there")  # fmt: skip
    parser.add_argument("--only", default="", metavar="WORDS", help="only trials with these words")
    parser.add_argument("--extras", default="channels,pdf", help="extras that are tried; `browser` brings Chromium")  # fmt: skip
    stated = parser.parse_args()
    try:
        _require()
        with _working_folder(stated.keep or stated.again, is_kept=bool(stated.keep or stated.again)) as work:  # fmt: skip
            return _check(work, stated)
    except Impossible as reason:
        print(f"Impossible on this machine: {reason}", file=sys.stderr)
        return IMPOSSIBLE


def _require() -> None:
    if os.geteuid() != 0:
        raise Impossible("it needs root, for mounts and namespaces")
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        raise Impossible(
            f"{', '.join(missing)} is missing: `apt-get install mmdebstrap util-linux`"
        )
    probe = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        raise Impossible("namespaces are not allowed here")


@contextmanager
def _working_folder(stated: Path | None, *, is_kept: bool) -> Iterator[Path]:
    if is_kept and stated is not None:
        stated.mkdir(parents=True, exist_ok=True)
        yield stated.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="watchword-image-", dir="/var/tmp") as folder:  # a GB
        yield Path(folder)


def _check(work: Path, stated: argparse.Namespace) -> int:
    arguments = dict(one.split("=", 1) for one in stated.build_arg)
    root, noted = work / "root", work / "image.json"
    print(f"Building in {work}", flush=True)
    try:
        image = Bench.read_image(noted) if stated.again else build(ROOT, root, work, arguments)
    except (StepFailed, NotUnderstood, subprocess.CalledProcessError) as error:
        print(f"FAILED  the image cannot be built: {error}")
        return 1
    Bench.write_image(noted, image)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    failed = 0
    for number, trial in enumerate(list_trials(stated.only), 1):
        with tempfile.TemporaryDirectory(prefix="trial-", dir=work) as folder:
            bench = Bench(
                work=Path(folder), root=root, image=image, compose=compose, extras=stated.extras
            )
            problem = bench.judge(trial)
        says = (trial.__doc__ or "").strip()
        print(f"{'FAILED' if problem else 'ok    '}  {number:2} {says}", flush=True)
        for line in bench.notes:
            print(f"           {line}")
        if problem:
            failed += 1
            print("\n".join(f"           ! {line}" for line in problem.splitlines()), flush=True)
    print(f"{failed} of the trials failed." if failed else "Everything holds.")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
