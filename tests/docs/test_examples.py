"""The examples for admins are accepted by the programs they are for, as far as this machine has them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import trustme
import yaml

from crawler.config.files.environment import list_variables
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from scheduler.config_watch import ConfigWatch
from tests.flows.crawl.test_behind_a_proxy import _wait_for, make_fetch, walk
from watchword.cli.main import cli
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
UNITS = sorted(EXAMPLES.glob("*.service"))
OBJECTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8"))
)
POD = next(one for one in OBJECTS if one["kind"] == "Deployment")["spec"]["template"]["spec"]
CONTAINERS: dict[str, Any] = {one["name"]: one for one in POD["containers"]}


def find_program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"there is no {name} on this machine")
    return program


def commands() -> Iterator[list[str]]:
    for unit in UNITS:
        (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
        yield ["watchword", *line.split()[1:]]
    for container in CONTAINERS.values():
        yield container["command"]
    yield CONTAINERS["daemon"]["livenessProbe"]["exec"]["command"]


@pytest.mark.parametrize("command", [*commands()], ids=" ".join)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    root = click.Context(cli, info_name="watchword")
    found = cli.get_command(root, command[1])

    assert command[0] == "watchword"
    assert found is not None
    found.make_context(command[1], command[2:], parent=root)


def test_every_variable_exists() -> None:
    known = {*list_variables(Config), "WATCHWORD_CONFIG"}
    for file in EXAMPLES.iterdir():
        for name in re.findall(r"WATCHWORD_[A-Z_]+", file.read_text()):
            assert name in known or name.removesuffix("_FILE") in known, f"{file.name}: {name}"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_every_line_and_rates_the_unit_as_hardened(
    unit: Path, tmp_path: Path
) -> None:
    analyze = find_program("systemd-analyze")
    for file in (*UNITS, EXAMPLES / "watchword-crawl.timer"):
        text = file.read_text().replace("/opt/watchword/bin/watchword", sys.executable)
        (tmp_path / file.name).write_text(text)

    for asked in (["verify"], ["security", "--offline=true", "--threshold=25"]):
        ended = subprocess.run(
            [analyze, *asked, str(tmp_path / unit.name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert str(tmp_path) not in ended.stderr  # its complaints begin with the name of the file


def test_the_pod_has_no_more_rights_than_it_needs() -> None:
    (deployment,) = (one["spec"] for one in OBJECTS if one["kind"] == "Deployment")
    (claim,) = (one["spec"] for one in OBJECTS if one["kind"] == "PersistentVolumeClaim")

    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert claim["accessModes"] == ["ReadWriteOncePod"]
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] == POD["securityContext"]["fsGroup"] == 10001
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"] for volume in POD["volumes"]}
    for container in CONTAINERS.values():
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "readinessProbe" not in container
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {"/data", "/config", "/tmp"} <= mounted
        assert not any("subPath" in mount for mount in container["volumeMounts"])
        for variable in container["env"]:
            assert (
                Path(variable["value"]) in {Path("/config")}
                or str(Path(variable["value"]).parent) in mounted
            )
    assert "8001" in CONTAINERS["web"]["command"]
    assert CONTAINERS["web"]["ports"] == [{"name": "http", "containerPort": 8001}]


def test_a_config_map_is_read_and_its_replacement_is_noticed(tmp_path: Path) -> None:
    (config_map,) = (one["data"] for one in OBJECTS if one["kind"] == "ConfigMap")
    added = '[[watch]]\nname = "drones"\nquery = "drone"\nto = ["me@example.org"]\n'
    for number, text in enumerate(("", added)):
        folder = tmp_path / f"..2026_11_26_0{number}"
        folder.mkdir()
        for name, content in config_map.items():
            (folder / name).write_text(content + text)
    (tmp_path / "..data").symlink_to("..2026_11_26_00")
    for name in config_map:
        (tmp_path / name).symlink_to(f"..data/{name}")
    watch = ConfigWatch(tmp_path, lambda: load_config(tmp_path, environ={}))
    assert watch.config.watches == ()
    assert not watch.has_changed()

    # as the kubelet does: another link replaces the old one, which is then deleted
    (tmp_path / "..data_tmp").symlink_to("..2026_11_26_01")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    shutil.rmtree(tmp_path / "..2026_11_26_00")

    assert not watch.has_changed()  # two readings that agree
    assert watch.has_changed()
    config = watch.reload()
    assert config is not None
    assert [one.name for one in config.watches] == ["drones"]


def test_kubectl_reads_it_as_these_objects(tmp_path: Path) -> None:
    kubectl = find_program("kubectl")
    (tmp_path / "kubernetes.yaml").write_text((EXAMPLES / "kubernetes.yaml").read_text())
    (tmp_path / "kustomization.yaml").write_text("resources: [kubernetes.yaml]\n")

    ended = subprocess.run(
        [kubectl, "kustomize", str(tmp_path)], capture_output=True, text=True, check=True
    )

    read = list(yaml.safe_load_all(ended.stdout))
    assert sorted(one["kind"] for one in read) == sorted(one["kind"] for one in OBJECTS)
    (deployment,) = (one for one in read if one["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"] == POD["containers"]


def write_nginx(folder: Path, *, ports: dict[str, int], behind: int) -> list[str]:
    """Write the example with other ports and this test's certificate; return the command that serves it."""
    text = (EXAMPLES / "nginx.conf").read_text().replace(":8001", f":{behind}")
    text = re.sub(r"/etc/ssl/\S+(?=;)", str(folder / "tls.pem"), text)
    for site, port in ports.items():
        text = text.replace(
            f"listen 443 ssl;\n    server_name {site}.example",
            f"listen 127.0.0.1:{port} ssl;\n    server_name localhost",
        )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    head = f"daemon off; error_log stderr; pid {folder}/pid; events {{}}\n"
    file = folder / "nginx.conf"
    file.write_text(f"{head}http {{ access_log off; {temporary}\n{text}\n}}\n")
    return ["-e", "stderr", "-c", str(file)]


def write_caddy(folder: Path, *, ports: dict[str, int], behind: int) -> list[str]:
    """Write the example with other ports and this test's certificate; return the command that serves it."""
    text = (EXAMPLES / "Caddyfile").read_text().replace(":8001", f":{behind}")
    tls = folder / "tls.pem"
    for site, port in ports.items():
        text = text.replace(f"{site}.example {{", f"https://localhost:{port} {{\n\ttls {tls} {tls}")
    file = folder / "Caddyfile"
    head = f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}\n}}\n"
    file.write_text(head + text)
    return ["run", "--adapter", "caddyfile", "--config", str(file)]


PROXIES = {"nginx": write_nginx, "caddy": write_caddy}


@contextmanager
def opened(folder: Path, url: str, port: int) -> Iterator[None]:
    with closing(open_for_writing(folder / "w.db")) as connection:
        migrate(connection)
    (folder / "w.toml").write_text(f'[web]\nurl = "{url}"\n')
    web = start_web_pages(
        folder / "w.db", folder / "w.toml", port=port, url=url, password="quay-42-drones"
    )
    try:
        wait_until_open("127.0.0.1", port, child=web)
        yield
    finally:
        web.terminate()
        web.wait(10)


@pytest.mark.parametrize("name", list(PROXIES))
@pytest.mark.parametrize(("site", "path"), [("desk", "/"), ("www", "/news/")])
def test_the_web_pages_work_behind_exactly_this_file(
    name: str, site: str, path: str, tmp_path: Path
) -> None:
    program = find_program(name)
    ports = {"desk": find_free_port(), "www": find_free_port()}
    behind, authority = find_free_port(), trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "tls.pem"))
    arguments = PROXIES[name](tmp_path, ports=ports, behind=behind)
    url, fetch = f"https://localhost:{ports[site]}{path}", make_fetch(authority)
    with opened(tmp_path, url, behind):
        proxy = subprocess.Popen([program, *arguments], cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            _wait_for(lambda: fetch(f"{url}-/alive")[0] == 200)

            answers, outside = walk(url, fetch, most=25)

            assert outside == set()
            assert {place: status for place, status in answers.items() if status >= 400} == {}
            assert f"{url}-/login" in answers
            assert path == "/" or fetch(url.rstrip("/"))[0] in {301, 302}
        finally:
            proxy.terminate()
            proxy.wait(10)
