"""The messages a crawl process writes to its beats pipe, as records."""

import json
from dataclasses import dataclass
from typing import Any

from crawler.model.cluster.state import ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life.

    visits         open visits
    done           answers, settled pages and read sources since its start: a process can beat and get nothing done
    storage        why the database cannot be written, None while it can
    rss_bytes      memory it holds, 0 if the system does not say
    config_number  the number of the configuration in force
    cluster        what is known of the workers, None without `[cluster]`
    """

    visits: int
    done: int = 0
    storage: str | None = None
    rss_bytes: int = 0
    config_number: int = 0
    cluster: ClusterState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a request; ``text`` is for the person who asked."""

    request_id: int
    is_done: bool
    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """So many articles were stored since the last such message: their alerts may be due."""

    count: int


def read_message(line: bytes) -> Beat | Answer | Stored:
    """Return the message in a line; raise ValueError if it is none of ours."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("no object")  # noqa: TRY004  # one error, whatever is wrong
    if "answer" in message:
        return _read_answer(message["answer"])
    if "stored" in message:
        return Stored(_count(message, "stored"))
    if not isinstance(message.get("beat"), str):
        raise ValueError("neither beat nor answer")  # noqa: TRY004
    storage = message.get("storage")
    if storage is not None and not isinstance(storage, str):
        raise ValueError("storage is not a text")
    cluster = message.get("cluster")
    if cluster is not None and not isinstance(cluster, dict):
        raise ValueError("cluster is not an object")
    return Beat(
        visits=_count(message, "visits"),
        done=_count(message, "done"),
        storage=storage,
        rss_bytes=_count(message, "rss"),
        config_number=_count(message, "config"),
        cluster=None if cluster is None else ClusterState.from_json(cluster),
    )


def _read_answer(answer: Any) -> Answer:
    if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
        raise ValueError("no answer")  # noqa: TRY004
    return Answer(
        request_id=_count(answer, "id"),
        is_done=answer.get("is_done") is True,
        text=answer["text"],
    )


def _count(message: dict[str, Any], name: str) -> int:
    value = message.get(name, 0)
    if type(value) is not int or value < 0:  # a bool is an int to isinstance
        raise ValueError(f"{name} is not a count")
    return value
