"""How long a message is tried, and the waits between attempts. Pure functions: the time is an argument."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from crawler.backoff import AROUND, Backoff
from crawler.model.mail.alert import FLOOD_PERIOD, HELD, DeliveryKind

# of time awake, before a message is dead: a laptop closed from Friday to Tuesday must not give up at its first attempt
GIVE_UP_AFTER = timedelta(days=3)
# a daemon that is awake tries again within 72 minutes, so in a longer pause the machine slept or nothing ran. Four hours
# of it count all the same: otherwise a machine that wakes for a minute a day would try one message for years (decision 023)
_MOST_COUNTED_PAUSE = timedelta(hours=4)
# greylisting accepts a message after a minute to an hour
_BACKOFF = Backoff(timedelta(seconds=30), timedelta(hours=1), AROUND)
# digests and status reports come at least once a week; the eighth day covers the hour of a clock change
LONGEST_DIGEST_WAIT = timedelta(days=8)


def has_been_tried_enough(attempts: Sequence[datetime], now: datetime) -> bool:
    """Return whether a message is given up, now that one more attempt has failed.

    attempts  when it was tried before, in the order of the attempts
    now       the attempt that failed

    Time awake is summed up from the pauses between attempts: a clock set forward adds one pause, one set back takes nothing
    away. Three days are at least twenty attempts, and about seventy of a daemon that never sleeps.
    """
    pauses = (later - earlier for earlier, later in pairwise((*attempts, now)))
    counted = (min(max(pause, timedelta()), _MOST_COUNTED_PAUSE) for pause in pauses)
    return sum(counted, timedelta()) >= GIVE_UP_AFTER


def choose_wait(attempt_count: int, *, rng: random.Random) -> timedelta:
    """Return the wait after a failed attempt: 30 seconds, doubled each time up to an hour, with jitter.

    attempt_count  how many attempts were made before it
    """
    return _BACKOFF.draw_after(attempt_count + 1, rng)


def longest_wait(
    kind: DeliveryKind, series: str, *, attempt_count: int, batch_window: timedelta
) -> timedelta:
    """Return how far ahead the next attempt of a delivery can be; anything later was planned by a wrong clock.

    batch_window  ``[mail] batch_window``
    """
    if attempt_count:
        return _BACKOFF.longest_after(attempt_count)
    if kind is not DeliveryKind.DIGEST:
        return timedelta()
    return max(batch_window, FLOOD_PERIOD) if series == HELD else LONGEST_DIGEST_WAIT
