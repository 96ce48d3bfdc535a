"""docker-compose.cluster.yml and the examples of workers agree with the program and with docker-compose.yml."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from crawler.config.files.environment import list_variables
from crawler.config.files.secrets import read_cluster_database
from crawler.config.load import load_config
from crawler.config.schema import Config
from tests.docs.test_compose import COMPOSE, PRIVATE, make_image
from tests.image.container import read_size
from watchword.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.cluster.yml").read_text(encoding="utf-8")
ADDED: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = ADDED["services"]
HOME, WORKER, POSTGRES = SERVICES["watchword"], SERVICES["worker"], SERVICES["postgres"]
OBJECTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((ROOT / "docs" / "examples" / "kubernetes-worker.yaml").read_text())
)
POD = next(one for one in OBJECTS if one["kind"] == "Deployment")["spec"]["template"]["spec"]

own_services = pytest.mark.parametrize("service", [WORKER, POSTGRES], ids=["worker", "postgres"])


@pytest.mark.parametrize(
    "command", [WORKER["command"], *(one["command"] for one in POD["containers"])], ids=" ".join
)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    found = cli.get_command(click.Context(cli), command[1])

    assert command[0] == "watchword"
    assert found is not None
    found.make_context(command[1], command[2:], parent=click.Context(cli))


def test_every_variable_is_read_by_the_program() -> None:
    known = {"XDG_CACHE_HOME", *list_variables(Config)}
    named = {*HOME["environment"], *WORKER["environment"]}
    named |= {one["name"] for container in POD["containers"] for one in container["env"]}

    assert {name.removesuffix("_FILE") for name in named} <= known
    assert "WATCHWORD_CLUSTER_DATABASE_FILE" in named


def test_the_profile_has_what_the_home_of_the_other_file_waits_for() -> None:
    assert WORKER["profiles"] == POSTGRES["profiles"] == ["cluster"]
    assert "profiles" not in HOME
    assert HOME.keys() <= {"environment", "secrets", "depends_on"}
    assert set(SERVICES) - {"worker", "postgres"} <= set(COMPOSE["services"])
    # without the profile, PostgreSQL is elsewhere and the home starts all the same
    assert HOME["depends_on"]["postgres"] == {"condition": "service_healthy", "required": False}
    assert WORKER["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert POSTGRES["healthcheck"]["test"][1] == "pg_isready"


def test_the_worker_is_of_the_homes_image_and_has_nothing_of_the_home() -> None:
    assert WORKER["image"] == COMPOSE["services"]["watchword"]["image"]
    assert (WORKER["pull_policy"], "build" in WORKER) == ("never", False)
    assert "volumes" not in WORKER
    assert "env_file" not in WORKER
    assert WORKER["secrets"] == HOME["secrets"] == ["cluster-database"]
    # scaled: neither a name nor a port of its own
    assert WORKER.keys().isdisjoint({"container_name", "ports", "hostname", "scale"})


def test_the_worker_starts_from_its_environment_alone(tmp_path: Path) -> None:
    """The image's folder for a configuration is empty: see Dockerfile."""
    secret = tmp_path / "cluster-database"
    secret.write_text("postgresql://watchword:hush-hush-7@postgres/watchword\n")
    environ = {**make_image().environment, **WORKER["environment"]}
    environ["WATCHWORD_CLUSTER_DATABASE_FILE"] = str(secret)
    (tmp_path / "config").mkdir()

    config = load_config(tmp_path / "config", environ=environ, needs_files=False)

    assert read_cluster_database(config.cluster) == secret.read_text().strip()
    assert config.sources == ()


def test_passwords_are_in_secrets_that_no_repository_has() -> None:
    assert "password" not in {name.lower() for name in POSTGRES["environment"]}
    assert POSTGRES["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres-password"
    mounted = {name for service in SERVICES.values() for name in service["secrets"]}
    assert mounted == set(ADDED["secrets"])
    folders = {Path(one["file"]).parent for one in ADDED["secrets"].values()}
    assert folders == {Path(one).parent for one in PRIVATE if one.startswith("secrets/")}
    stated = "\n".join(line for line in TEXT.splitlines() if not line.lstrip().startswith("#"))
    assert not re.search(r"postgresql://\S+:\S+@", stated)


def test_the_address_is_that_of_the_service_and_its_user() -> None:
    (address,) = re.findall(r'"(postgresql://[^"]+)"', TEXT)
    user, host, database = re.fullmatch(r"postgresql://(\w+):\S.*@(\w+)/(\w+)", address).groups()  # type: ignore[union-attr]

    assert host in SERVICES
    environment = POSTGRES["environment"]
    assert (environment["POSTGRES_USER"], environment["POSTGRES_DB"]) == (user, database)
    test = POSTGRES["healthcheck"]["test"]
    assert (test[test.index("--username") + 1], test[test.index("--dbname") + 1]) == (
        user,
        database,
    )


@own_services
def test_a_service_is_hardened_and_limited(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert read_size(service["mem_limit"]) >= read_size("512m")
    assert service["pids_limit"] >= 128
    assert 0 < service["cpus"] <= 1
    assert service["logging"]["options"]["max-size"]
    assert "privileged" not in service
    assert "ports" not in service  # only the home and the workers talk with it, inside


def test_what_the_first_lines_set_is_read_somewhere() -> None:
    stated = set(re.findall(r"^#\s+([A-Z_]+)=", TEXT, re.MULTILINE))

    assert stated == {"COMPOSE_FILE", "COMPOSE_PROFILES", "EXTRAS"}
    assert "EXTRAS" in COMPOSE["services"]["watchword"]["build"]["args"]
    files = re.search(r"COMPOSE_FILE=(\S+)", TEXT)[1].split(":")  # type: ignore[index]
    assert all((ROOT / file).is_file() for file in files)


def test_the_workers_pod_has_no_more_rights_than_it_needs() -> None:
    (container,) = POD["containers"]
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}

    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(mounted.values()) <= {volume["name"] for volume in POD["volumes"]}
    assert {"/data", "/config"}.isdisjoint(mounted)
    for variable in container["env"]:
        value = Path(variable["value"])
        assert str(value) in mounted or str(value.parent) in mounted
