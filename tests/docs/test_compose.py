"""Dockerfile, docker-compose.yml and their settings agree with the repository.

No Docker engine runs where this is tested; `make image-check` builds and runs what the two files say (tests/image).
"""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from crawler.config.files.environment import list_variables
from crawler.config.load import load_config
from crawler.config.schema import Config
from tests.image.container import read_size
from tests.image.dockerfile import IgnoreFile, Image, list_files, read_dockerfile
from watchword.cli.main import cli
from watchword.cli.setup.first_config import FIRST_CONFIG

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = COMPOSE["services"]
STEPS = read_dockerfile(DOCKERFILE)
EXAMPLE = (ROOT / "watchword.env.example").read_text(encoding="utf-8")
IGNORED_IN_BUILDS = IgnoreFile((ROOT / ".dockerignore").read_text(encoding="utf-8"))
# what belongs to one machine, and to no repository or image
PRIVATE = (
    ".env",
    "watchword.env",
    "prod.env",
    "secrets/mail-password.txt",
    "mail-password.txt",
    "my-seeds/sources.toml",
    "config/watchword.toml",
    "var/watchword.db",
    "var/watchword.db.key",
    "data/watchword.db-wal",
    "backup/watchword.db",
    "watchword.db",
    "watchword.db.rescued",
    "docker-compose.override.yml",
)


def make_image(**arguments: str) -> Image:
    image = Image()
    for step in STEPS:
        image.take(step, arguments)
    return image


def commands() -> list[list[str]]:
    found = [service["command"] for service in SERVICES.values()]
    found += [service["healthcheck"]["test"][1:] for service in SERVICES.values()]
    found.append(make_image().command)
    return [command for command in found if command[0] == "watchword"]


each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    root = click.Context(cli, info_name="watchword")
    found = cli.get_command(root, command[1])

    assert found is not None
    found.make_context(command[1], command[2:], parent=root)  # raises for an unknown option


def test_every_copied_path_exists_and_is_in_the_build() -> None:
    paths = [path for step in STEPS if step.name == "COPY" for path in step.words[:-1]]

    for path in paths:
        assert list(list_files(ROOT, path, IGNORED_IN_BUILDS)), path
    for needed in (
        "crawler",
        "scheduler",
        "watchword",
        "seeds/first",
        "seeds/synonyms",
        "seeds/catalogue",
    ):
        assert needed in paths


@pytest.mark.parametrize(
    "path", [*PRIVATE, "seeds/sources.toml", ".git/config", "tests/fakes.py", "crawler/prod.env", "watchword/demo/pages/x.db-wal"]
)  # fmt: skip
def test_private_files_are_in_no_build(path: str) -> None:
    assert IGNORED_IN_BUILDS.ignores(path)


def test_private_files_are_ignored_by_git() -> None:
    command = ["git", "check-ignore", "--no-index", "--stdin"]
    done = subprocess.run(
        command, cwd=ROOT, input="\n".join(PRIVATE), capture_output=True, text=True, check=False
    )
    if done.returncode > 1:
        pytest.skip("no repository of git")

    assert set(done.stdout.split()) == set(PRIVATE)


@pytest.mark.parametrize("path", ["watchword.env.example", "crawler/config/load.py"])
def test_files_of_the_repository_are_not_ignored_by_git(path: str) -> None:
    command = ["git", "check-ignore", "--no-index", "--quiet", path]

    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def test_both_services_share_one_volume_and_one_database() -> None:
    volumes = [service["volumes"] for service in SERVICES.values()]

    assert all("data:/data" in mounted for mounted in volumes)
    assert "data" in COMPOSE["volumes"]
    assert make_image().environment["WATCHWORD_DATABASE"] == "/data/watchword.db"
    assert make_image().volumes == ["/data"]


@each_service
def test_only_the_users_own_configuration_folder_is_mounted(
    service: dict[str, Any],
) -> None:
    (config,) = (volume for volume in service["volumes"] if isinstance(volume, dict))

    assert make_image().environment["WATCHWORD_CONFIG"] == config["target"] == "/config"
    assert config["read_only"]
    assert config["bind"]["create_host_path"] is False  # Docker would make an empty one of root's


def test_every_variable_is_read_by_the_program() -> None:
    known = {"WATCHWORD_CONFIG", *list_variables(Config)}
    names = {name for service in SERVICES.values() for name in service.get("environment", ())}
    names |= {name for name in make_image().environment if name.startswith("WATCHWORD_")}
    names |= set(example_variables())

    assert names <= known


def example_variables() -> dict[str, str]:
    return dict(re.findall(r"^#(WATCHWORD_\w+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_the_example_of_settings_is_a_configuration_without_faults(tmp_path: Path) -> None:
    environ = {**make_image().environment, **example_variables()}
    (tmp_path / "watchword.toml").write_text(FIRST_CONFIG)

    config = load_config(tmp_path, environ=environ)

    assert str(config.store.path) == "/data/watchword.db"
    assert config.mail.host == "smtp.example.org"
    assert len(config.mail.to) == 2


def test_the_example_names_no_password() -> None:
    assert not [
        name for name in example_variables() if name.endswith(("PASSWORD", "TOKEN", "SECRET"))
    ]


@each_service
def test_settings_come_from_a_file_that_may_be_missing(service: dict[str, Any]) -> None:
    assert service["env_file"] == [{"path": "watchword.env", "required": False}]


def test_no_service_has_a_secret_by_default() -> None:
    assert not any("secrets" in service for service in SERVICES.values())
    assert "secrets" not in COMPOSE


@each_service
def test_a_service_is_hardened_and_limited(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert [one.partition(":")[0] for one in service["tmpfs"]] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert read_size(service["mem_limit"]) >= read_size(
        "512m"
    )  # the doctor reports less than that as too little
    assert service["pids_limit"] >= 128
    # Docker refuses a limit above what the machine has
    assert 0 < service["cpus"] <= 1
    assert "privileged" not in service


@each_service
def test_logs_are_limited(service: dict[str, Any]) -> None:
    options = service["logging"]["options"]

    assert service["logging"]["driver"] == "local"
    assert options["max-size"]
    assert int(options["max-file"]) > 1


def test_the_daemon_logs_only_warnings() -> None:
    assert "--quiet" in SERVICES["watchword"]["command"]
    assert "--quiet" in make_image().command


def test_the_image_is_built_once_and_never_pulled() -> None:
    images = {service["image"] for service in SERVICES.values()}
    policies = {name: service["pull_policy"] for name, service in SERVICES.items()}

    assert images == {"watchword:local"}
    assert policies == {"watchword": "build", "web": "never"}
    assert [name for name, service in SERVICES.items() if "build" in service] == ["watchword"]
    assert "watchword" in SERVICES["web"]["depends_on"]


def test_every_build_argument_is_one_of_the_dockerfile() -> None:
    declared = {step.text.partition("=")[0] for step in STEPS if step.name == "ARG"}
    stated = SERVICES["watchword"]["build"]["args"]

    assert set(stated) == declared
    for name, value in stated.items():
        assert value.startswith(f"${{{name}:-"), value


def test_the_base_is_one_image_and_can_be_another() -> None:
    first, second = STEPS[:2]

    assert first.name == "ARG"
    pinned = first.text.removeprefix("PYTHON_IMAGE=")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+@sha256:[0-9a-f]{64}", pinned)
    assert (second.name, second.text) == ("FROM", "${PYTHON_IMAGE}")
    assert SERVICES["watchword"]["build"]["args"]["PYTHON_IMAGE"] == f"${{PYTHON_IMAGE:-{pinned}}}"


def test_every_extra_that_people_run_has_hashed_requirements() -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    copied = {path for step in STEPS if step.name == "COPY" for path in step.words}

    for extra in set(known) - {"dev", "bench", "fuzz"}:
        name = f"requirements-{extra}.txt"
        text = (ROOT / name).read_text()
        assert name in copied
        for wanted in known[extra]:
            package = re.split(r"[\[<>=]", wanted)[0].lower()
            assert re.search(rf"^{re.escape(package)}==.* \\$", text, re.MULTILINE), wanted
        assert text.count("--hash=sha256:") >= len(re.findall("^[a-z].*==", text, re.MULTILINE))


@pytest.mark.parametrize("extra", ["channels", "browser", "cluster", "pdf", "warc", "build"])
def test_extras_use_the_tested_versions(extra: str) -> None:
    tested = pins("requirements-dev.txt")
    own = pins(f"requirements-{extra}.txt")

    assert {name: tested[name] for name in own if name in tested} == {
        name: version for name, version in own.items() if name in tested
    }


def test_build_requirements_are_pinned_and_not_installed_at_run_time() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build, wanted = (
        {re.split("[<>=]", one)[0] for one in listed}
        for listed in (project["build-system"]["requires"], project["project"]["dependencies"])
    )

    built_with = pins("requirements-build.txt")
    assert build <= set(built_with)
    # the image installs both lists at once
    installed = pins("requirements.txt")
    shared = built_with.keys() & installed.keys()
    assert {name: built_with[name] for name in shared} == {name: installed[name] for name in shared}
    assert not build & wanted
    assert any("--require-hashes -r requirements.txt -r requirements-build.txt" in step.text for step in STEPS)  # fmt: skip


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_image_has_labels() -> None:
    labels = make_image(VERSION="1.2", REVISION="abc", SOURCE="https://desk.example/").labels
    kind = "org.opencontainers.image"

    assert labels[f"{kind}.version"] == "1.2"
    assert labels[f"{kind}.revision"] == "abc"
    assert labels[f"{kind}.source"] == "https://desk.example/"
    assert labels[f"{kind}.licenses"] == "Apache-2.0"


def test_dependencies_are_not_installed_again_after_an_edit_of_the_code() -> None:
    order = [f"{step.name} {step.text}" for step in STEPS]
    installs = [number for number, text in enumerate(order) if "--require-hashes" in text]
    code = [number for number, text in enumerate(order) if re.match("COPY (crawler|README|pyproject)", text)]  # fmt: skip

    assert max(installs) < min(code)


def test_signals_reach_process_1() -> None:
    assert make_image().entrypoint == ["/usr/bin/tini", "--"]
    # Docker's own init would run above it, and tini would complain that it is not process 1
    assert not any("init" in service for service in SERVICES.values())
    assert not any("entrypoint" in service for service in SERVICES.values())


def test_only_services_have_health_checks() -> None:
    """One in the image would report `docker run IMAGE watchword crawl` as unhealthy."""
    assert "HEALTHCHECK" not in {line.partition(" ")[0] for line in DOCKERFILE.splitlines()}
    listen = make_image().environment["WATCHWORD_HEALTH_LISTEN"]
    assert f"http://{listen}/healthz" in SERVICES["watchword"]["healthcheck"]["test"][-1]
    assert "/-/alive" in SERVICES["web"]["healthcheck"]["test"][-1]


def test_the_web_pages_listen_on_the_published_port() -> None:
    web = SERVICES["web"]
    port = web["command"][web["command"].index("--port") + 1]

    assert web["ports"] == [
        f"127.0.0.1:{port}:{port}"
    ]  # this machine only, unless configured otherwise
    assert make_image().ports == [port]
    assert f":{port}/" in web["healthcheck"]["test"][-1]


def test_nothing_runs_as_root() -> None:
    assert make_image().user == "10001:10001"  # a number, for Kubernetes' runAsNonRoot
    assert not any("user" in service for service in SERVICES.values())
    assert DOCKERFILE.index("USER ") < DOCKERFILE.rindex("CMD ")


def test_stopping_has_the_time_it_needs() -> None:
    assert SERVICES["watchword"]["stop_grace_period"] == "15s"


def test_the_image_has_the_docs_that_a_link_in_the_package_leads_to() -> None:
    copied = [step.words for step in STEPS if step.name == "COPY"]

    assert (ROOT / "watchword" / "manual").readlink() == Path("../docs")
    assert ["docs", "./docs"] in copied
    assert Path("docs/start.md") in list_files(ROOT, "docs", IGNORED_IN_BUILDS)
