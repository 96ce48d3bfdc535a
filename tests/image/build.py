"""Build an image's file system from its Dockerfile without Docker: Debian's Python is the base, each RUN runs in a chroot.

This machine's settings for package registries are used in each step and are not part of the image.
"""

import ast
import configparser
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.image.dockerfile import IgnoreFile, Image, Instruction, list_files, read_dockerfile

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BASE_PACKAGES = "python3,python3-venv,ca-certificates,netbase,tzdata"
_PYTHON_RELEASES = frozenset({"bookworm", "trixie", "forky", "sid"})  # with Python 3.11 or newer
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_LENT = "/run/lent"
_LENDING = f"""
set -eu
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
touch "$ROOT/etc/resolv.conf"
mount --bind /etc/resolv.conf "$ROOT/etc/resolv.conf"
mkdir -p "$ROOT{_LENT}"
mount --bind "$LENT" "$ROOT{_LENT}"
exec chroot "$ROOT" "$@"
"""


class Impossible(Exception):
    """This machine cannot build or run the image."""


class StepFailed(Exception):
    """A step of the Dockerfile failed."""


def find_release() -> str:
    """Return the Debian release of this machine; raises Impossible if its packages cannot be used."""
    facts = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line
    )  # fmt: skip
    name = facts.get("VERSION_CODENAME", "").strip('"')
    if facts.get("ID") != "debian" or name not in _PYTHON_RELEASES:
        raise Impossible(f"needs a Debian of {', '.join(sorted(_PYTHON_RELEASES))} with its package sources")  # fmt: skip
    return name


def make_base(root: Path, work: Path) -> None:
    """Create the file system in place of the Dockerfile's FROM: Debian, and Python as ``python`` and ``pip``."""
    release = find_release()
    sources, options = work / "sources.list", work / "apt.conf"
    sources.write_text(_list_sources(release))
    dumped = _output("apt-config", "dump").splitlines()
    options.write_text(
        "\n".join(line for line in dumped if line.startswith(("Acquire::Check", "Acquire::http")))
    )
    command = ["mmdebstrap", "--variant=minbase", f"--include={_BASE_PACKAGES}", f"--aptopt={options}"]  # fmt: skip
    _call([*command, release, str(root), str(sources)])
    _call(["chroot", str(root), "python3", "-m", "venv", "/usr/local"], {"PATH": PATH})


def _list_sources(release: str) -> str:
    """Return the lines of this machine's own sources for a release."""
    form = "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    found = _output("apt-get", "indextargets", "--format", form, "Created-By: Packages")
    lines = []
    for line in found.splitlines():
        origin, address, suite, component = (line.rsplit(" ", 3) + [""] * 4)[:4]
        if origin == "Debian" and suite.startswith(release):
            lines.append(f"deb {address} {suite} {component}\n")
    if not lines:
        raise Impossible("no package lists of Debian are here: `apt-get update`")
    return "".join(lines)


def build(context: Path, root: Path, work: Path, stated: Mapping[str, str]) -> Image:
    """Carry out the Dockerfile on ``root``; ``stated`` are the build arguments. Raises StepFailed."""
    image = Image(environment={"PATH": PATH})
    ignore = IgnoreFile((context / ".dockerignore").read_text(encoding="utf-8"))
    for step in read_dockerfile((context / "Dockerfile").read_text(encoding="utf-8")):
        print(f"  {step.name} {step.text[:100]}", flush=True)
        if step.name == "FROM":
            make_base(root, work)
        elif step.name == "COPY":
            copy(step, image, context=context, root=root, ignore=ignore)
        elif step.name == "RUN":
            run_step(root, work, image, step.text)
        else:
            image.take(step, stated)
            if step.name == "WORKDIR":
                (root / image.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return image


def copy(step: Instruction, image: Image, *, context: Path, root: Path, ignore: IgnoreFile) -> None:
    """Copy files into the image, owned by root; with the modes of a checkout made under umask 077, the hardest case."""
    *sources, target = step.words
    place = root / os.path.normpath(f"{image.folder}/{target}").lstrip("/")
    for source in sources:
        files = list(list_files(context, source, ignore))
        if not files:
            raise StepFailed(f"line {step.line}: COPY {source}: nothing of it is in the build")
        for file in files:
            goal = place / (file.relative_to(source) if (context / source).is_dir() else file.name)
            goal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(context / file, goal, follow_symlinks=False)
            if goal.is_symlink():  # as Docker does: what it leads to is another COPY
                continue
            goal.chmod((context / file).stat().st_mode & 0o700)


def run_step(root: Path, work: Path, image: Image, text: str) -> None:
    """Run a shell line in the chroot as root; raises StepFailed with its last output."""
    lent = work / "lent"
    lent.mkdir(exist_ok=True)
    environment = {**image.environment, **image.arguments, **_lend(lent), "HOME": "/root"}
    line = f"cd {shlex.quote(image.folder)} && {text}"
    inner = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _LENDING, "sh"]
    _call(
        [*command, *inner, "sh", "-c", line],
        {**os.environ, "ROOT": str(root), "LENT": str(lent)},
    )


def _lend(folder: Path) -> dict[str, str]:
    """Put this machine's settings for packages into a folder, and return the variables that point to them."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings = configparser.ConfigParser(interpolation=None)
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        values = [one for one in str(ast.literal_eval(value)).split() if _is_remote(one)]
        if values and section != ":env:":
            settings.read_dict({section: {key: " ".join(values)}})
    with (folder / "pip.conf").open("w", encoding="utf-8") as file:
        settings.write(file)
    shutil.copyfile(_CERTIFICATES, folder / "ca.pem")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name.lower().endswith("_proxy")
        if _is_remote(value)
    }
    own = {"PIP_CERT": f"{_LENT}/ca.pem", "PIP_CONFIG_FILE": f"{_LENT}/pip.conf"}
    return {**kept, **own, "DEBIAN_FRONTEND": "noninteractive"}


def _is_remote(value: str) -> bool:
    """Return whether a setting is valid inside the image, as the path of a file of this machine is not."""
    return not value.startswith(("/", "file:"))


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _call(command: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    done = subprocess.run(
        command, env=dict(environment), capture_output=True, text=True, errors="replace", check=False
    )  # fmt: skip
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise StepFailed(f"exit code {done.returncode}: {shlex.join(command)[:300]}\n{words}")
