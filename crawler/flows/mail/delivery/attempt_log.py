"""The log lines of attempts at deliveries."""

import logging

from crawler.flows.mail.delivery.attempts import AttemptResult, Outcome
from crawler.log import log_event
from crawler.storage.mail.deliveries import PendingDelivery

_log = logging.getLogger("watchword.deliver")


def log_attempt(delivery: PendingDelivery, result: AttemptResult) -> None:
    """Log an attempt that is recorded."""
    match result.outcome:
        case Outcome.SENT:
            facts = {"delivery": delivery.id, "message_id": delivery.message_id}
            log_event(_log, logging.INFO, "alert delivered", **facts)
        case Outcome.DEFERRED:
            answer = result.answer
            log_event(
                _log, logging.WARNING, "delivery deferred", delivery=delivery.id, answer=answer
            )
        case Outcome.REFUSED:
            answer = result.answer
            log_event(_log, logging.ERROR, "delivery is dead", delivery=delivery.id, answer=answer)


def log_lost(delivery: PendingDelivery, result: AttemptResult) -> None:
    """Log an attempt whose result could not be recorded: if this process ends, a message that was taken is sent twice."""
    facts = {"delivery": delivery.id, "outcome": result.outcome.value, "answer": result.answer}
    log_event(_log, logging.ERROR, "attempt could not be recorded", **facts)
