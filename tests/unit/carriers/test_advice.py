"""What a person is told to do about errors of PostgreSQL."""

import pytest

from crawler.carriers.advice import find_advice


@pytest.mark.parametrize(
    ("words", "sqlstate", "part"),
    [
        ("cannot execute INSERT in a read-only transaction", "25006", "takes no writes"),
        ('could not extend file "base/1/2"', "53100", "make room on the disk"),
        ("could not write to file: No space left on device", "58030", "make room on the disk"),
        ("FATAL:  sorry, too many clients already", "53300", "max_connections"),
        ("FATAL:  sorry, too many clients already", None, "max_connections"),
        ("FATAL:  remaining connection slots are reserved for roles with SUPERUSER", None, "four"),
        ('FATAL:  too many connections for role "watchword"', None, "limit of the role"),
        ('root certificate file "/r.crt" does not exist', None, "sslrootcert=system"),
        ('could not read root certificate file "/r.crt": no certificate', None, "sslrootcert=FILE"),
        ("SSL error: certificate verify failed", None, "openssl s_client"),
        ('server certificate for "a" does not match host name "b"', None, "as the certificate has it"),
        ("server does not support SSL, but SSL was required", None, "turn on ssl"),
        ('FATAL:  password authentication failed for user "watchword"', "28P01", ""),
        ("connection refused", None, ""),
        ("", None, ""),
    ],
)  # fmt: skip
def test_what_can_be_done_is_said_where_the_error_does_not(
    words: str, sqlstate: str | None, part: str
) -> None:
    advice = find_advice(words, sqlstate=sqlstate)

    assert part in advice
    assert bool(advice) == bool(part)
