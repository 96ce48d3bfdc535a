"""``[cluster]``: what is refused, what is doubted, and that its password is shown nowhere."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import ValidationError

from crawler.config.checks.cluster_doubts import find_cluster_doubts
from crawler.config.files.secrets import read_cluster_database
from crawler.config.schema import Config
from crawler.config.upkeep.cluster import ClusterSettings
from crawler.errors import ConfigFaulty
from crawler.logs.masks import mask
from tests.unit.config.test_load import load
from watchword.doctor.storage.secret_files import look_at_secret_files

SECRET = "hush-hush-7"
ADDRESS = f"postgresql://watchword:{SECRET}@db.example.org:5432/watchword"


def doubts(address: str) -> list[str]:
    return [*find_cluster_doubts(Config.model_validate({"cluster": {"database": address}}))]


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        (f"mysql://watchword:{SECRET}@db/watchword", "not the address of a PostgreSQL database"),
        (f"POSTGRESQL://watchword:{SECRET}@db/watchword", "not the address of a PostgreSQL"),
        (f"watchword:{SECRET}@db/watchword", "not the address of a PostgreSQL database"),
        (f"host=db password={SECRET} dbname=watchword", "no blanks"),
        (f"postgresql://watchword:{SECRET}@db", "names no database"),
        (f"postgresql://watchword:{SECRET}/{SECRET}@db/watchword", "as %2F"),
        (f"postgresql://watchword:{SECRET}#{SECRET}@db/watchword", "as %2F"),
        (f"postgresql://watchword:12?{SECRET}@db/watchword", "as %2F"),
        (f"postgresql://watchword:{SECRET}@{SECRET}@db/watchword", "as %2F"),
        (f"postgresql://watchword:{SECRET}@db:99999/watchword", "port cannot be read"),
        (f"postgresql://watchword:{SECRET}%zz@db/watchword", "write % itself as %25"),
        (f"postgresql://watchword:{SECRET}%@db/watchword", "write % itself as %25"),
        (f"postgresql://watchword:{SECRET}%00@db/watchword", "write % itself as %25"),
        (f"postgresql://watchword:{SECRET}%ff@db/watchword", "not those of UTF-8"),
        (f"{ADDRESS}?sslmod=verify-full", "did you mean sslmode?"),
        (f"{ADDRESS}?sslmode=verify_full", "one of disable, "),
        (f"{ADDRESS}?sslmode=require&{SECRET}=1", "PostgreSQL does not know"),
        (f"{ADDRESS}?connect_timeout=5s", "connect_timeout must be a whole number"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence_without_its_password(
    tmp_path: Path, stated: str, sentence: str
) -> None:
    (tmp_path / "secret").write_text(stated)
    with pytest.raises(ConfigFaulty) as caught:
        load(tmp_path, f'[cluster]\ndatabase = "{stated}"\n')
    with pytest.raises(ConfigFaulty) as from_file:
        load(tmp_path, '[cluster]\ndatabase_file = "secret"\n')

    assert sentence in str(caught.value)
    assert sentence in str(from_file.value)
    assert SECRET not in str(caught.value) + str(from_file.value)


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        "postgres://watchword@db/watchword",
        "postgresql://postgres:@/postgres?host=/run/postgresql",
        "postgresql://watchword@one:5432,two:5433/watchword?target_session_attrs=read-write",
        "postgresql://watchword@[2001:db8::1]:5432/watchword",
        "postgresql://watchword:%C3%BC%25@db/my%20news?connect_timeout=0&options=-c%20work_mem%3D8MB&ssl=true",
    ],
)
def test_what_libpq_takes_is_taken(address: str) -> None:
    assert ClusterSettings.model_validate({"database": address}).is_on


def test_the_password_is_masked_wherever_it_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{ADDRESS}?sslpassword=other%2Fsecret\n")
    config = load(tmp_path, '[cluster]\ndatabase_file = "secret"\n')

    address = read_cluster_database(config.cluster)

    assert address.startswith(ADDRESS)
    said = mask(f'FATAL: password "{SECRET}" refused, key other/secret, {address}')
    assert SECRET not in said
    assert "other/secret" not in said
    assert SECRET not in repr(Config.model_validate({"cluster": {"database": ADDRESS}}))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{ADDRESS}\n")

    text = f'[cluster]\ndatabase = "{ADDRESS}"\n'
    found = load(tmp_path, text, WATCHWORD_CLUSTER_DATABASE_FILE=str(tmp_path / "secret"))

    assert found.cluster.database == ""
    assert read_cluster_database(found.cluster) == ADDRESS


def test_two_addresses_are_one_too_many() -> None:
    with pytest.raises(ValidationError, match="either `database` or `database_file`"):
        ClusterSettings.model_validate({"database": ADDRESS, "database_file": "secret"})


@pytest.mark.parametrize("package", ["procrastinate", "psycopg"])
def test_without_the_extra_a_sentence_says_what_to_install(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        sys.modules, package, None
    )  # what Python notes of a module that is not there

    with pytest.raises(ValidationError, match=r"pip install 'watchword\[cluster\]'"):
        ClusterSettings.model_validate({"database": ADDRESS})
    assert not ClusterSettings.model_validate({"places": 2}).is_on


@pytest.mark.parametrize(
    ("place", "is_doubtful"),
    [
        ("watchword@db.example.org/watchword", True),
        ("watchword@db.example.org/watchword?sslmode=require", True),
        ("watchword@127.0.0.1,db.example.org:5432/watchword?sslmode=disable", True),
        ("watchword@/watchword?host=db.example.org", True),
        ("watchword@db.example.org/watchword?sslmode=verify-full", False),
        ("watchword@db.example.org/watchword?connect_timeout=5&sslmode=verify-ca", False),
        ("watchword@127.0.0.1:5432/watchword", False),
        ("watchword@[::1]:5432/watchword", False),
        ("watchword@localhost/watchword", False),
        ("watchword@/watchword?host=/run/postgresql", False),
        ("watchword@%2Frun%2Fpostgresql/watchword", False),
    ],
)
def test_a_connection_that_nobody_checks_is_doubted(place: str, *, is_doubtful: bool) -> None:
    found = doubts(f"postgresql://{place}")

    assert bool(found) == is_doubtful
    assert all("sslmode=verify-full" in one and "db.example.org" in one for one in found)


def test_a_file_that_others_can_read_is_found_by_doctor() -> None:
    # pytest's own folders are closed to others, so that nobody could reach a file in them
    with TemporaryDirectory() as name:
        secret = Path(name) / "secret"
        secret.write_text(f"{ADDRESS}\n")
        secret.parent.chmod(0o755)
        secret.chmod(0o644)
        config = load(secret.parent, '[cluster]\ndatabase_file = "secret"\n')

        found = look_at_secret_files(config)

    assert str(secret) in found.summary


def test_the_crawl_process_is_given_what_it_needs(tmp_path: Path) -> None:
    config = load(tmp_path, f'[cluster]\ndatabase = "{ADDRESS}"\n')

    sent = Config.model_validate(config.for_crawl_process())

    assert read_cluster_database(sent.cluster) == ADDRESS


def test_a_name_that_listings_cannot_have_is_refused_with_what_it_may_hold(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaulty, match="dot, hyphen and underscore only"):
        load(tmp_path, '[cluster]\nname = "two words"\n')
