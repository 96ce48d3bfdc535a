"""What to do about an error of PostgreSQL, for the errors that do not say it themselves."""

# by SQLSTATE
_BY_STATE = {
    # managed services do this to a database whose disk is full
    "25006": "it takes no writes: its disk is full (make room), or this is a standby (give the address of the server that writes)",
    "53100": "make room on the disk of PostgreSQL",
    "53300": "let it have more connections (max_connections, or the limit of the role): up to four for the home and for each worker",
}
# by words of libpq's messages, which have no SQLSTATE before a connection is made
_BY_WORDS = {
    "does not match host name": "write the host in the address as the certificate has it, or give the server a certificate of that name",
    "certificate verify failed": "the server's certificate has expired, is not valid yet by this machine's clock, or is of an authority that "
    "sslrootcert does not hold (`openssl s_client -starttls postgres -connect HOST:PORT` shows which)",
    "root certificate file": "state in the address where the certificates of authorities are: sslrootcert=FILE, or sslrootcert=system",
    "server does not support SSL": "turn on ssl in PostgreSQL; sslmode=disable only where nobody else is on the line",
    "No space left on device": "make room on the disk of PostgreSQL",
    "too many clients": _BY_STATE["53300"],
    "too many connections": _BY_STATE["53300"],
    "remaining connection slots": _BY_STATE["53300"],
}


def find_advice(words: str, *, sqlstate: str | None) -> str:
    """Return what a person can do about an error, empty if nothing is known.

    words     of the error, in English, as libpq and psycopg have them
    sqlstate  of five characters, None if the server did not answer
    """
    if sqlstate in _BY_STATE:
        return _BY_STATE[sqlstate]
    return next((advice for said, advice in _BY_WORDS.items() if said in words), "")
