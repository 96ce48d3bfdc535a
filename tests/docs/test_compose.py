"""No Docker engine runs where this is tested, so everything the two files name is held against the repository."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from crawler.config.environment import list_variables
from crawler.config.load import load_config
from crawler.config.schema import Config
from scheduler.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = COMPOSE["services"]


def commands() -> list[list[str]]:
    found = [service["command"] for service in SERVICES.values()]
    found += [service["healthcheck"]["test"][1:] for service in SERVICES.values()]
    found += [yaml.safe_load(line) for line in re.findall(r"CMD (\[.*\])", DOCKERFILE)]
    return [command for command in found if command[0] == "watchword"]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    root = click.Context(cli, info_name="watchword")
    found = cli.get_command(root, command[1])

    assert found is not None
    found.make_context(command[1], command[2:], parent=root)  # raises where an option is unknown


def test_every_path_that_is_copied_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    paths = [
        path
        for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    ]

    assert all((ROOT / path).exists() for path in paths), paths
    assert not set(paths) & set(ignored)
    for needed in ("crawler", "scheduler", "watchword", "datasette", "seeds", "requirements.txt"):
        assert needed in paths


def test_both_services_share_one_volume_and_one_database() -> None:
    environments = [service["environment"] for service in SERVICES.values()]
    volumes = [service["volumes"] for service in SERVICES.values()]

    assert all("data:/data" in mounted for mounted in volumes)
    assert "data" in COMPOSE["volumes"]
    assert {env["WATCHWORD_DATABASE"] for env in environments} == {"/data/watchword.db"}
    assert "VOLUME /data" in DOCKERFILE


def test_every_variable_is_one_the_program_reads() -> None:
    known = {"WATCHWORD_CONFIG", *list_variables(Config)}
    names = {name for service in SERVICES.values() for name in service["environment"]}
    names |= set(re.findall(r"(WATCHWORD_\w+)=", DOCKERFILE))

    assert names <= known


def test_the_configuration_of_the_container_can_be_read_with_empty_variables() -> None:
    environ = {
        name: "" if str(value).startswith("${") else str(value)
        for name, value in SERVICES["watchword"]["environment"].items()
    }

    config = load_config(ROOT / "seeds", environ=environ)

    assert str(config.store.path) == "/data/watchword.db"
    assert config.mail.host == ""


def test_the_reading_room_listens_where_its_port_leads() -> None:
    room = SERVICES["reading-room"]
    port = room["command"][room["command"].index("--port") + 1]

    assert room["ports"] == [
        f"127.0.0.1:{port}:{port}"
    ]  # this machine only, unless you say otherwise
    assert f"EXPOSE {port}" in DOCKERFILE
    assert f":{port}/" in room["healthcheck"]["test"][-1]


def test_nothing_runs_as_root() -> None:
    user = re.search(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE)

    assert user is not None
    assert f"useradd --create-home --uid 10001 {user[1]}" in DOCKERFILE
    assert DOCKERFILE.index("USER ") < DOCKERFILE.rindex("CMD ")


def test_stopping_gets_the_time_it_needs() -> None:
    assert SERVICES["watchword"]["stop_grace_period"] == "15s"
