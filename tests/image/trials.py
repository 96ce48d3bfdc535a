"""The trials of the image; the docstring of each is the claim that is printed."""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.image.bench import REPOSITORY, Bench, is_well, wait_for
from tests.image.build import run_step
from tests.image.container import Container, Specification, Volume
from tests.image.dockerfile import read_dockerfile

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
_MODULES = {"channels": ("apprise",), "browser": ("scrapy_playwright",), "pdf": ("pypdf",)}
_ARBITRARY = "1000650000:0"
_FORBIDDEN = ("/x", "/app/x", "/config/x", "/usr/local/bin/x", "/etc/x", "/home/x", "/var/tmp/x")
# follows the link that signs in, and keeps the cookie on the way
_GET = (
    "import sys, urllib.request as r; "
    "print(r.build_opener(r.HTTPCookieProcessor()).open(sys.argv[1], timeout=20).read().decode())"
)
# the usual uid of a desktop user
_OWN = 1000


def image_says_who_and_what_it_is(bench: Bench) -> None:
    """the image: a numeric user, tini first, labels, everything readable, no configuration of anybody's"""
    image, root = bench.image, bench.root
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.user), image.user
    assert image.entrypoint[0].endswith("tini"), image.entrypoint
    assert os.access(root / image.entrypoint[0].lstrip("/"), os.X_OK)
    assert {"licenses", "source", "revision", "version"} <= {
        key.rpartition(".")[2] for key in image.labels
    }
    data = (root / "data").stat()
    assert (data.st_uid, data.st_gid, data.st_mode & 0o7777) == (10001, 0, 0o2770)
    closed = [path for path in (root / "app").rglob("*") if not path.stat().st_mode & 0o004]
    assert not closed, f"closed to other users: {closed[:5]}"
    assert not list((root / "config").iterdir())
    assert not list((root / "app/seeds").glob("*.toml"))
    assert not list((root / "var/lib/apt/lists").glob("*Packages*")), (
        "package lists stayed in the image"
    )


def daemon_and_web_pages_work_as_compose_has_them(bench: Bench) -> None:
    """daemon and web pages on the bundled newspaper: read-only root, no rights, limits, both health checks, SIGTERM"""
    services = bench.compose["services"]
    with bench.press() as press:
        bench.configure(sources=press.sources)
        with (
            Container(bench.service("web")) as pages,
            Container(bench.service("watchword"), network=press.pid) as daemon,
        ):
            wait_for(lambda: is_well(daemon, services["watchword"]), "daemon alive", daemon)
            bench.note(f"alive by {services['watchword']['healthcheck']['test']}")
            _check_identity(bench, daemon, "10001 10001")
            _check_identity(bench, pages, "10001 10001")
            _check_places(bench, daemon)
            wait_for(lambda: bool(_list_messages(bench)), "an alert in the Maildir", daemon)
            bench.note(f"{len(_list_messages(bench))} message(s) in the Maildir of the volume")
            wait_for(lambda: is_well(pages, services["web"]), "web pages well", pages)
            link = pages.log.split("(once): ")[1].split()[0]
            home = pages.execute("python", "-c", _GET, link).stdout
            assert "harbour" in home.lower(), home[:500] + pages.log
            bench.note(f"web pages well by {services['web']['healthcheck']['test'][:2]} ..., home page of {len(home)} signs")  # fmt: skip
            _check_edit(bench, daemon, press.sources)
            _check_modes(bench)
            _check_memory(bench, daemon, pages)
            _check_end(bench, daemon, "daemon")
            _check_end(bench, pages, "web pages")


def _check_identity(bench: Bench, container: Container, expected: str) -> None:
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{container.pid}/status").read_text().splitlines()
        if ":\t" in line
    )  # fmt: skip
    user, group = (status[name].split()[0] for name in ("Uid", "Gid"))
    seen = [
        f"{user} {group}",
        *(status[name].lstrip("0") for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")),
    ]
    assert seen == [expected, "", "", "", ""], seen
    assert status["NoNewPrivs"].strip() == "1", status
    assert status["Groups"].split() == [], status["Groups"]
    name = container.execute("cat", "/proc/1/comm").stdout.strip()
    assert name == "tini", name
    bench.note(f"process 1 is {name}, uid and gid {seen[0]}, no capability, no new privileges")


def _check_places(bench: Bench, container: Container) -> None:
    for place in _FORBIDDEN:
        assert container.execute("touch", place).returncode, f"{place} can be written"
    for place in ("/data/x", "/tmp/x"):
        done = container.execute("sh", "-c", f"touch {place} && rm {place}")
        assert done.returncode == 0, done.stderr
    bench.note(f"only /data and /tmp can be written, not {' '.join(_FORBIDDEN)}")


def _list_messages(bench: Bench) -> list[Path]:
    return list((bench.volume() / "mail/new").glob("*"))


def _check_edit(bench: Bench, daemon: Container, sources: str) -> None:
    """Check that a configuration takes effect when an editor replaces its file in the mounted folder."""
    folder = bench.configure(sources=sources)
    draft = folder / "draft"
    text = (folder / "watchword.toml").read_text(encoding="utf-8")
    draft.write_text(f'{text}\n[[watch]]\nname = "eels"\nquery = "eel"\n', encoding="utf-8")
    draft.replace(folder / "watchword.toml")

    def is_in_force() -> bool:
        found = daemon.execute(
            "sqlite-utils", "query", "/data/watchword.db", "select name from watches", "--csv"
        )
        return "eels" in found.stdout

    wait_for(is_in_force, "an edit of the mounted folder in force", daemon)
    bench.note("an edit of the mounted folder was put in force")


def _check_modes(bench: Bench) -> None:
    files = [path for path in bench.volume().rglob("*") if path.is_file()]
    opened = [str(path) for path in files if path.stat().st_mode & 0o077]
    assert not opened, f"others may read {opened}"
    bench.note(f"{len(files)} files on the volume, none of them open to others")


def _check_memory(bench: Bench, *containers: Container) -> None:
    for container in containers:
        most = container.read_group("memory", "memory.max_usage_in_bytes")
        kills = re.search(r"oom_kill (\d+)", container.read_group("memory", "memory.oom_control"))
        tasks = container.read_group("pids", "pids.current")
        if not most:
            bench.note("control groups cannot be made here: limits were not tried")
            return
        assert kills is None or kills[1] == "0", "the kernel killed for want of memory"
        bench.note(f"{int(most) >> 20} MB at most (page cache included), {tasks} tasks, under the limits of compose")  # fmt: skip


def _check_end(
    bench: Bench, container: Container, name: str, *, codes: tuple[int, ...] = (0,)
) -> None:
    code = container.end()
    assert code in codes, f"{name}: exit code {code} after SIGTERM\n{container.log[-3000:]}"
    assert "Traceback" not in container.log, container.log[-3000:]
    bench.note(
        f"SIGTERM to process 1: {name} ended with {code} within {container.stated.grace_seconds:.0f} s"
    )


def any_user_of_group_0_can_run_it(bench: Bench) -> None:
    """OpenShift: a number that nobody knows, of group 0, on a new volume, for both services"""
    services = bench.compose["services"]
    with bench.press() as press:
        bench.configure(sources=press.sources)
        daemon = replace(bench.service("watchword"), user=_ARBITRARY)
        pages = replace(bench.service("web"), user=_ARBITRARY)
        with Container(daemon, network=press.pid) as one, Container(pages) as other:
            wait_for(lambda: is_well(one, services["watchword"]), "daemon alive", one)
            wait_for(lambda: is_well(other, services["web"]), "web pages well", other)
            wait_for(lambda: bool(_list_messages(bench)), "an alert in the Maildir", one)
            _check_identity(bench, one, "1000650000 0")
            _check_end(bench, one, "daemon")
            _check_end(bench, other, "web pages")


def a_secret_of_another_user_is_reported(bench: Bench) -> None:
    """a secret that the user may not read: exit code 2, and whose it is and what mends it; both ways that mend it do"""
    secret = bench.work / "mail-password.txt"
    secret.write_text("hunter2\n", encoding="utf-8")
    bench.configure(mail='host = "smtp.desk.example"\nusername = "desk"')
    mounted = Volume(secret, "/run/secrets/mail-password", is_read_only=True)
    environment = {"WATCHWORD_MAIL_PASSWORD_FILE": "/run/secrets/mail-password"}
    service = bench.service("watchword", mounted, environment=environment)
    secret.chmod(0o600)
    os.chown(secret, _OWN, _OWN)
    code, log = _run(service)
    assert code == 2, f"exit code {code}\n{log}"
    for words in (
        "/run/secrets/mail-password",
        f"uid {_OWN}",
        "mode 600",
        "uid 10001",
        "chown 10001",
    ):
        assert words in log, log
    assert "hunter2" not in log
    bench.note(log.strip().splitlines()[-1].strip())
    # the volume belongs to 10001: another user reads the secret, and is told that the database is closed to him
    for user, owner, mode, expected in (
        (service.user, 10001, 0o400, 0),
        (f"{_OWN}:{_OWN}", _OWN, 0o600, 3),
        (service.user, 0, 0o440, 0),
    ):
        os.chown(secret, owner, 10001)
        secret.chmod(mode)
        check = replace(service, user=user, command=(*bench.image.entrypoint, "watchword", "check"))
        code, log = _run(check)
        told = f"user {user}, file of {owner}, mode {mode:o}: exit code {code}\n{log}"
        assert code == expected, told
        assert not expected or "the folder /data belongs to uid 10001" in log, told
        bench.note(f"user {user}, file of uid {owner} and group 10001, mode {mode:o}: read")
    with Container(bench.service("web", environment=environment)) as pages:
        wait_for(lambda: "Waiting for the daemon" in pages.log, "web pages without a secret", pages)
    bench.note("the web pages need no secret of the daemon's, though the shared settings name one")


def without_a_configuration_it_says_what_to_do(bench: Bench) -> None:
    """no configuration is mounted: nothing is visited, exit code 2, and what to do; `init` writes the first one"""
    code, log = _run(bench.plain(*bench.image.command, volumes=(Volume(bench.volume(), "/data"),)))
    assert code == 2, f"exit code {code}\n{log}"
    for words in ("/config", "mount", "watchword init"):
        assert words in log, log
    assert not list(bench.volume().iterdir()), "a database was made"
    bench.note(log.strip().splitlines()[-1].strip())
    folder = bench.work / "config"
    folder.mkdir()
    os.chown(folder, _OWN, _OWN)
    mounted = (Volume(folder, "/config"),)
    code, log = _run(
        replace(bench.plain("watchword", "init", volumes=mounted), user=f"{_OWN}:{_OWN}")
    )
    assert code == 0, f"exit code {code}\n{log}"
    read = (*mounted, Volume(bench.volume(), "/data"))
    code, log = _run(bench.plain("watchword", "check", volumes=read))
    assert code == 0, f"exit code {code}\n{log}"
    bench.note(
        "`watchword init` as the owner of an empty folder wrote one, and `check` read it as 10001"
    )


def the_demo_runs(bench: Bench) -> None:
    """`docker run --read-only --tmpfs /tmp IMAGE watchword demo --exit` shows the whole job, and leaves volume and mail server alone"""
    volumes = (Volume(bench.volume(), "/data"),)
    service = bench.plain("watchword", "demo", "--exit", volumes=volumes)
    settings = {"WATCHWORD_MAIL_HOST": "smtp.desk.example", "WATCHWORD_MAIL_TO": "all@desk.example"}
    code, log = _run(replace(service, environment={**service.environment, **settings}), seconds=240)
    assert code == 0, f"exit code {code}\n{log[-3000:]}"
    # dictionaries are built there once, for all who run the image
    assert {one.name for one in bench.volume().iterdir()} <= {"cache"}, (
        "the demo worked on the volume"
    )
    bench.note(next((line.strip() for line in log.splitlines() if "alerts delivered" in line), ""))


def a_backup_is_made_while_it_runs(bench: Bench) -> None:
    """a backup into a second volume while the daemon runs, and a daemon that starts on it"""
    backup = bench.work / "backup"
    backup.mkdir()
    os.chown(backup, 10001, 10001)
    services = bench.compose["services"]
    with bench.press() as press:
        bench.configure(sources=press.sources)
        service = bench.service("watchword", Volume(backup, "/backup"))
        with Container(service, network=press.pid) as daemon:
            wait_for(lambda: is_well(daemon, services["watchword"]), "daemon alive", daemon)
            wait_for(lambda: bool(_list_messages(bench)), "an alert in the Maildir", daemon)
            done = daemon.execute("sh", "-c", BACKUP)
            assert done.returncode == 0, done.stderr
            _check_end(bench, daemon, "daemon")
        restored = replace(
            bench.plain(*bench.image.command), volumes=(Volume(backup, "/data"), service.volumes[1])
        )
        with Container(restored, network=press.pid) as daemon:
            wait_for(
                lambda: is_well(daemon, services["watchword"]), "daemon alive on the backup", daemon
            )
            count = daemon.execute("watchword", "article", "list", "--json").stdout
            assert len(json.loads(count)) > 0
            bench.note(f"a daemon on the backup has {len(json.loads(count))} articles")
            # it is well by the sign of life of the first daemon, and may still be starting
            _check_end(bench, daemon, "daemon on the backup", codes=(0, 143))


# as in docs/operating/services.md
BACKUP = "watchword backup /backup/watchword.db"


def process_1_needs_no_tini(bench: Bench) -> None:
    """another entry point: `watchword` is process 1 itself, and SIGTERM is heard all the same"""
    bench.configure()
    service = replace(bench.service("watchword"), command=("watchword", "run"))
    with Container(service) as daemon:
        wait_for(lambda: is_well(daemon, bench.compose["services"]["watchword"]), "alive", daemon)
        _check_end(bench, daemon, "daemon")
    with Container(
        replace(service, command=("watchword", "browse", "--host", "0.0.0.0", "--wait", "--root"))
    ) as pages:
        wait_for(lambda: "Web pages" in pages.log, "open", pages)
        _check_end(bench, pages, "web pages")
    empty = replace(
        bench.plain("watchword", "browse", "--wait"), command=("watchword", "browse", "--wait")
    )
    with Container(replace(empty, volumes=(service.volumes[1],))) as waiting:
        wait_for(lambda: "Waiting for" in waiting.log, "waiting", waiting)
        code = waiting.end()
        assert code == 143, f"exit code {code} while waiting"
        bench.note("SIGTERM while `browse --wait` waits: exit code 143")


def extras_can_be_had(bench: Bench) -> None:
    """the build argument EXTRAS: what it names is installed, from hashed files, and can be imported"""
    step = next(
        one for one in read_dockerfile(DOCKERFILE) if one.name == "RUN" and "$EXTRAS" in one.text
    )
    image = replace(bench.image, arguments={**bench.image.arguments, "EXTRAS": bench.extras})
    with bench.layer() as root:
        run_step(root, bench.work, image, step.text)
        for extra in bench.extras.replace(",", " ").split():
            names = ", ".join(_MODULES[extra])
            run_step(root, bench.work, bench.image, f"python -c 'import {names}'")
            bench.note(f"{extra}: {names}")
        if "browser" in bench.extras:
            run_step(root, bench.work, bench.image, "chromium --version")


def _run(service: Specification, *, seconds: float = 120) -> tuple[int, str]:
    """Run a container to its own end; return its exit code and what it printed."""
    with Container(service) as container:
        code = container.wait(seconds)
        return code, container.log


def list_trials(words: str = "") -> Sequence[Callable[[Bench], None]]:
    """Return the trials, or those with these words in their name or claim."""
    found = (
        image_says_who_and_what_it_is,
        daemon_and_web_pages_work_as_compose_has_them,
        any_user_of_group_0_can_run_it,
        a_secret_of_another_user_is_reported,
        without_a_configuration_it_says_what_to_do,
        the_demo_runs,
        a_backup_is_made_while_it_runs,
        process_1_needs_no_tini,
        extras_can_be_had,
    )
    return [trial for trial in found if words in f"{trial.__name__} {trial.__doc__}"]
