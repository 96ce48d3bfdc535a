"""How long a message is tried for, and how long between two attempts. Nothing here knows the time by itself."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from crawler.backoff import AROUND, Backoff
from crawler.model.alert import FLOOD_PERIOD, HELD, DeliveryKind

# so long an attempt was made again and again before a message is dead; time asleep is no time to give anything up in
GIVE_UP_AFTER = timedelta(days=3)
# who is awake tries again within 72 minutes. Of a longer pause the machine slept through, or nothing ran; so much of
# it counts all the same, as a machine that is woken for a minute a day would else try one message for years
_MOST_COUNTED_PAUSE = timedelta(hours=4)
# greylisting lets a message in after a minute to an hour, and an outage is over when it is over
_BACKOFF = Backoff(timedelta(seconds=30), timedelta(hours=1), AROUND)
# a digest or status report comes once a week at the least; the hour of a clock change is within the eighth day
LONGEST_DIGEST_WAIT = timedelta(days=8)


def has_been_tried_enough(attempts: Sequence[datetime], now: datetime) -> bool:
    """Return whether a message may be given up after the attempt that failed now.

    attempts  when it was tried before, in the order the attempts were made
    now       the last attempt

    What counts is time awake, read off the attempts themselves: a clock set forward adds one pause, one set back takes
    nothing away. Three days of it are twenty attempts at the very least, and seventy of a daemon that never slept.
    """
    pauses = (later - earlier for earlier, later in pairwise((*attempts, now)))
    counted = (min(max(pause, timedelta()), _MOST_COUNTED_PAUSE) for pause in pauses)
    return sum(counted, timedelta()) >= GIVE_UP_AFTER


def choose_wait(attempt_count: int, *, rng: random.Random) -> timedelta:
    """Return how long to wait after an attempt that failed: doubled each time up to an hour, with jitter.

    attempt_count  the attempts made before it
    """
    return _BACKOFF.draw_after(attempt_count + 1, rng)


def longest_wait(
    kind: DeliveryKind, series: str, *, attempt_count: int, batch_window: timedelta
) -> timedelta:
    """Return how far off the next attempt of a delivery can be; what is further off was planned by another clock.

    batch_window  ``[mail] batch_window``
    """
    if attempt_count:
        return _BACKOFF.longest_after(attempt_count)
    if kind is not DeliveryKind.DIGEST:
        return timedelta()
    return max(batch_window, FLOOD_PERIOD) if series == HELD else LONGEST_DIGEST_WAIT
