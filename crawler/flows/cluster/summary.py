"""The state of the cluster in a few numbers, from what the carrier and the database say."""

from collections.abc import Sequence
from datetime import datetime

from crawler.flows.cluster.carrier import Backlog, WorkerState
from crawler.model.cluster.state import ClusterState, WorkerFacts
from crawler.text.counts import write_count


def sum_up(
    workers: Sequence[WorkerState],
    backlog: Backlog,
    *,
    now: datetime,
    isolated: int,
    deaths: int = 0,
    is_drained: bool = False,
) -> ClusterState:
    """Return the state of the cluster.

    now       by the carrier's clock, as are the instants in ``backlog``
    isolated  how many domains are handed out no more
    deaths    of workers that had a bundle, since this process started
    """
    alive = [worker for worker in workers if worker.is_alive]
    oldest = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0
    return ClusterState(
        workers=len(alive),
        busy=sum(worker.busy for worker in alive),
        places=sum(worker.places for worker in alive),
        waiting=backlog.bundles_waiting,
        running=backlog.bundles_running,
        notes=backlog.notes,
        oldest_seconds=max(0, round(oldest)),
        isolated=isolated,
        deaths=deaths,
        is_drained=is_drained,
        each=tuple(
            WorkerFacts(
                name=worker.name,
                version=worker.version,
                places=worker.places,
                busy=worker.busy,
                beat_at=worker.beat_at,
                is_alive=worker.is_alive,
                trouble=worker.trouble if worker.is_alive else "",
            )
            for worker in sorted(workers, key=lambda one: (not one.is_alive, one.name))
        ),
    )


def write_stuck(state: ClusterState) -> str:
    """Return which worker beats and can exchange nothing else, and why; empty if none does."""
    stuck = state.list_stuck()
    return f"{stuck[0].name} beats, and can exchange nothing: {stuck[0].trouble}" if stuck else ""


def write_rest(state: ClusterState, *, now: datetime) -> str:
    """Return why nothing is handed out for a moment and when that ends, empty while it is."""
    if not state.rest:
        return ""
    seconds = state.count_rest_seconds(now)
    end = f" for {write_count(seconds, 'second')} more" if seconds else " yet"
    return f"nothing is handed out{end}: {state.rest}"
