"""Answers of real mail servers, and what each is about. Each row has its source: a public report, or the vendor's list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.alerting.mail.smtp_answers import (
    Blame,
    Stage,
    essence_of,
    find_status,
    judge_refusal,
    tidy_answer,
)

TRANSPORT, LATER, NEVER = Blame.TRANSPORT, Blame.LATER, Blame.NEVER
MANUAL = "ActiveCampaign/smtp-field-manual"
GMAIL = "support.google.com/a/answer/3726730"
POSTFIX = "postfix smtpd_check.c"
ME = "me@example.org"

# answer at RCPT, lines joined by line feeds; whom it is about; the source
AT_RCPT = [
    # Postfix
    ("530 5.7.0 Authentication required", TRANSPORT, "RFC 4954, 6"),
    ("530 5.7.0 Must issue a STARTTLS command first", TRANSPORT, POSTFIX),
    ("553 5.7.1 <w@x.org>: Sender address rejected: not owned by user me", TRANSPORT, "mailcow/mailcow#512"),
    ("553 5.7.1 <w@x.org>: Sender address rejected: not logged in", TRANSPORT, POSTFIX),
    ("550 5.1.0 <w@x.org>: Sender address rejected: User unknown in virtual mailbox table", TRANSPORT, POSTFIX),
    ("550 5.1.8 <w@x.org>: Sender address rejected: Domain not found", TRANSPORT, MANUAL),
    ("501 5.1.7 Bad sender address syntax", TRANSPORT, POSTFIX),
    ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", TRANSPORT, "BytemarkHosting/docker-smtp#5"),
    ("550 5.7.1 <vm>: Helo command rejected: Host not found", TRANSPORT, POSTFIX),
    ("554 5.7.1 <me@example.org>: Relay access denied", TRANSPORT, "docker-mailserver/docker-mailserver#19"),
    ("554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", TRANSPORT, POSTFIX),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; Error: open resolver", TRANSPORT, "simple-login/app#2675"),
    ("554 5.7.1 <me@example.org>: Recipient address rejected: Access denied", TRANSPORT, "Turgon37/docker-smtp-relay#25: nobody had logged in"),
    ("550 5.7.23 <me@example.org>: Recipient address rejected: Message rejected due to: SPF fail - not authorized", TRANSPORT, "postfix-policyd-spf-python"),
    ("503 5.5.1 Error: need MAIL command", TRANSPORT, POSTFIX),
    ("503 5.5.0 <me@example.org>: Data command rejected: Improper use of SMTP command pipelining", TRANSPORT, POSTFIX),
    ("550 5.1.1 <me@example.org>: Recipient address rejected: User unknown in local recipient table", NEVER, POSTFIX),
    ("550 5.1.1 <me@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown", NEVER, MANUAL),
    ("550 5.1.2 <me@example.org>: Recipient address rejected: Domain not found", NEVER, POSTFIX),
    ("501 5.1.3 Bad recipient address syntax", NEVER, POSTFIX),
    ("504 5.5.2 <me>: Recipient address rejected: need fully-qualified address", NEVER, POSTFIX),
    ("553 5.6.7 Must declare SMTPUTF8 to send unicode address", NEVER, "sisimai/go-sisimai#434"),
    ("450 4.2.0 <me@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/", LATER, "postgrey"),
    ("450 4.1.1 <me@example.org>: Recipient address rejected: unverified address: Address lookup failed", LATER, POSTFIX),
    ("450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]", TRANSPORT, POSTFIX),
    ("454 4.7.1 <me@example.org>: Relay access denied", TRANSPORT, POSTFIX),
    ("451 4.3.5 Server configuration error", TRANSPORT, POSTFIX),
    ("452 4.3.1 Insufficient system storage", TRANSPORT, POSTFIX),
    # Exim
    ("550 relay not permitted", TRANSPORT, "appwrite/docker-smtp#9"),
    ("550-Verification failed for <w@x.org>\n550-Unrouteable address\n550 Sender verify failed", TRANSPORT, "PHPMailer/PHPMailer#1187"),
    ("550-Callback setup failed while verifying w@x.org\n550 The initial connection, or a HELO or MAIL FROM:<> command was rejected", TRANSPORT, "andris9/simplesmtp#77"),
    ("550 Access denied - Invalid HELO name (See RFC2821 4.1.3)", TRANSPORT, "hestiacp/hestiacp#685"),
    ("501 Syntactically invalid HELO argument(s)", TRANSPORT, "BookStackApp/BookStack#2384"),
    ("550 Unrouteable address", NEVER, "Exim, default configuration"),
    ("550 Unknown user", NEVER, "Exim, default configuration"),
    # Exchange, Outlook
    ("550 5.7.60 SMTP; Client does not have permissions to send as this sender [BY2.prod.outlook.com]", TRANSPORT, "gophish/gophish#1600"),
    ("530 5.7.57 Client not authenticated to send mail [AM0PR10CA0081.EURPRD10.PROD.OUTLOOK.COM]", TRANSPORT, "simonrob/email-oauth2-proxy#315"),
    ("550 5.7.1 Client does not have permissions to send as this sender", TRANSPORT, "nodemailer/nodemailer#145"),
    ("550 5.7.1 Unable to relay", TRANSPORT, "Exchange Server"),
    ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/", TRANSPORT, MANUAL),
    ("550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).", TRANSPORT, MANUAL),
    ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed", TRANSPORT, "ActiveCampaign/smtp-field-manual#99"),
    ("554 5.2.252 SendAsDenied; w@x.org not allowed to send as y@x.org", TRANSPORT, "Exchange Online"),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", NEVER, "rgl/MailBounceDetector#11"),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [PR2FRA01FT009.eop-fra01.prod.protection.outlook.com]", NEVER, "zone-eu/zone-mta#214"),
    ("550 5.5.0 Requested action not taken: mailbox unavailable. [AM5.eop-nam12.prod.protection.outlook.com]", NEVER, MANUAL),
    ("554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour.", LATER, MANUAL),
    # Gmail
    ("550-5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking the recipient's email address for typos", NEVER, GMAIL),
    ("550 5.2.1 The email account that you tried to reach is disabled.", NEVER, MANUAL),
    ("550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.", LATER, MANUAL),
    ("450 4.2.1 The user you are trying to contact is receiving mail too quickly.", LATER, GMAIL),
    ("452 4.2.2 The email account that you tried to reach is over quota.", LATER, GMAIL),
    ("552 5.2.2 The email account that you tried to reach is over quota.", LATER, MANUAL),
    ("553 5.1.2 The recipient address <me@example.org> is not a valid RFC-5321 address. - gsmtp", NEVER, MANUAL),
    ("550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n5.4.5 sending limits go to", TRANSPORT, "onepub-dev/onepub#543"),
    ("550 5.7.1 [192.0.2.1] Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain.", TRANSPORT, MANUAL),
    ("421 4.7.0 TLS required for RCPT domain, closing connection.", TRANSPORT, GMAIL),
    ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.", TRANSPORT, GMAIL),
    # Sendmail
    ("550 5.7.1 <me@example.org>... Relaying denied. IP name lookup failed [222.66.4.242]", TRANSPORT, "nodemailer/nodemailer#190"),
    ("553 5.1.8 <w@x.org>... Domain of sender address w@x.org does not exist", TRANSPORT, "Sendmail, proto.m4"),
    ("550 5.1.1 <me@example.org>... User unknown", NEVER, "Sendmail"),
    ("550 5.1.2 <me@example.org>... Host unknown (Name server: example.org: host not found)", NEVER, "Sendmail"),
    ("550 5.0.0 Access denied", TRANSPORT, "Sendmail, access map"),
    # OpenSMTPD, qmail, Dovecot
    ("550 Invalid recipient", NEVER, "OpenSMTPD/OpenSMTPD#541"),
    ("530 5.5.1 Invalid command: Must issue an AUTH command first", TRANSPORT, "OpenSMTPD/OpenSMTPD#65"),
    ("421 4.3.0: Temporary Error", TRANSPORT, "OpenSMTPD"),
    ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", TRANSPORT, "qmail-smtpd"),
    ("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", TRANSPORT, "qmail-smtpd"),
    ("511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", NEVER, "qmail, chkuser"),
    ("550 Invalid recipient <me@example.org> (#5.1.1)", NEVER, MANUAL),
    ("550 5.1.1 <me@example.org> User doesn't exist: me@example.org", NEVER, "Dovecot, LMTP"),
    ("552 5.2.2 <me@example.org> Quota exceeded (mailbox for user is full)", LATER, "Dovecot, quota"),
    # Amazon SES, Mailgun, SendGrid, Yandex
    ("530 Must issue a STARTTLS command first", TRANSPORT, "Amazon SES"),
    ("454 Throttling failure: Daily message quota exceeded", TRANSPORT, "Amazon SES"),
    ("554 Transaction failed: Sandbox is for test purposes only", TRANSPORT, "leemunroe/grunt-email-workflow#81"),
    ("550 5.7.1 Relaying denied", TRANSPORT, "axllent/mailpit#337"),
    ("550 Unauthenticated senders not allowed", TRANSPORT, "sendgrid/docs#6473"),
    ("553 5.7.1 Sender address rejected: not owned by auth user.", TRANSPORT, "splitbrain/dokuwiki-plugin-smtp#38"),
    # GMX and 1&1, Yahoo, Orange, QQ, Comcast, Barracuda, mail.ru
    ("550-Requested action not taken: mailbox unavailable\nSender address is not allowed.", TRANSPORT, "loganmarchione/docker-postfixrelay#46"),
    ("550-Requested action not taken: mailbox unavailable\ninvalid DNS MX or A/AAAA resource record", TRANSPORT, "nodemailer/nodemailer#510"),
    ("550-Requested action not taken: mailbox unavailable\nFailure sending mail. Try again later", LATER, "jstedfast/MailKit#968"),
    ("550-Requested action not taken: mailbox unavailable\nReject due to policy restrictions.", TRANSPORT, MANUAL),
    ("550 Requested action not taken: mailbox unavailable", NEVER, MANUAL),
    ("554 delivery error: dd This user doesn't have a example.org account (me@example.org) [-9]", NEVER, MANUAL),
    ("550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]", NEVER, MANUAL),
    ("552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]", LATER, MANUAL),
    ("550 Sender frequency limited. http://service.exmail.qq.com/cgi-bin/help", TRANSPORT, MANUAL),
    ("550 5.2.0 Message rejected due to DMARC.", TRANSPORT, MANUAL),
    ("550 cuda_nsu 5.1.1 <me@example.org>... User unknown", NEVER, MANUAL),
    ("550 Message was not accepted -- invalid mailbox. Local mailbox me@example.org is unavailable: account is disabled", NEVER, MANUAL),
    ("554 5.7.1 <me@example.org>: Recipient address rejected: Not in recipient list", NEVER, MANUAL),
    # in the words of RFC 3463, 5248, 5321 and 7504
    ("551 User not local; please try <me@example.net>", NEVER, "RFC 5321, 4.2.3"),
    ("550 5.1.6 Mailbox has moved", NEVER, "RFC 3463"),
    ("556 5.1.10 Recipient address has null MX", NEVER, "RFC 7505"),
    ("521 5.3.2 Host does not accept mail", TRANSPORT, "RFC 7504"),
    ("550 5.4.4 Unable to route", LATER, "RFC 3463"),
    ("552 5.3.4 Message too big for system", NEVER, "RFC 3463"),
    ("525 5.7.13 User account disabled", TRANSPORT, "RFC 5248: the account that logs in"),
    ("534 5.7.9 Authentication mechanism is too weak", TRANSPORT, "RFC 4954"),
    ("538 5.7.11 Encryption required for requested authentication mechanism", TRANSPORT, "RFC 4954"),
    ("554 Transaction failed", TRANSPORT, "RFC 5321: says nothing, so it is tried again"),
    ("550 No", NEVER, "RFC 5321, 4.2.3"),
    # a final code with a temporary status, and the other way round: temporary wins
    ("550 4.2.1 mailbox busy", LATER, "RFC 3463, 2"),
    ("450 5.1.1 user unknown", LATER, "RFC 3463, 2"),
    # digits without a meaning
    ("354 go on", TRANSPORT, "RFC 5321"),
    ("999 what", TRANSPORT, "RFC 5321"),
    ("0 ", TRANSPORT, "RFC 5321"),
    ("599 5.9.99 odd", TRANSPORT, "RFC 3463"),
]  # fmt: skip

# answer to DATA or to the message
AT_DATA = [
    ("552 5.3.4 Error: message file too big", NEVER, POSTFIX),
    ("552 Message size exceeds fixed maximum message size", NEVER, "Exim"),
    ("554 5.2.3 MailPolicy violation", NEVER, MANUAL),
    ("550 5.6.0 Lone CR or LF in body (see RFC2822 section 2.3)", NEVER, "SparkPost/developers.sparkpost.com"),
    ("554 5.7.1 Spam message rejected", LATER, MANUAL),
    ("550 Mail content denied. http://service.exmail.qq.com/cgi-bin/help", LATER, MANUAL),
    ("554 rejected due to spam URL in content", LATER, MANUAL),
    ("554 5.7.1 blocked using dbl.spamhaus.org", LATER, MANUAL),
    ("550 5.7.1 Unauthenticated email from x.org is not accepted due to domain's DMARC policy.", TRANSPORT, MANUAL),
    ("554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: w@x.org", TRANSPORT, "repost.aws/knowledge-center/ses-554-400-message-rejected-error"),
    ("550 5.4.5 Daily user sending quota exceeded. o65sm25351206pga.71 - gsmtp", TRANSPORT, "gen-smtp/gen_smtp#140"),
    ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", TRANSPORT, "jstedfast/MimeKit#647"),
    ("550 5.1.1 no such user", NEVER, "RFC 3463"),
    ("552 5.2.2 user quota exceeded", LATER, MANUAL),
    ("503 RCPT command expected", TRANSPORT, "axllent/mailpit#337"),
    ("554 5.5.1 Error: no valid recipients", TRANSPORT, POSTFIX),
    ("554 delivery error: dd This mailbox is disabled (554.30). - example.yahoo.com", NEVER, MANUAL),
    ("451 4.3.0 Mail server temporarily rejected message", TRANSPORT, GMAIL),
    ("452 disk full", LATER, "RFC 5321"),
    ("250 ok", TRANSPORT, "RFC 5321: a yes where the message was to be asked for"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "row"), [
    *(("RCPT", row) for row in AT_RCPT), *(("DATA", row) for row in AT_DATA)
], ids=str)  # fmt: skip
def test_the_words_of_a_refusal_decide_whom_it_is_about(
    stage: Stage, row: tuple[str, Blame, str]
) -> None:
    answer, blame, _source = row
    code, _, text = answer.partition(answer[3:4] or " ") if answer[:1] != "0" else ("0", "", "")

    assert judge_refusal(int(code), text, stage=stage, recipient=ME) is blame


@pytest.mark.parametrize(
    "recipient",
    ["sender@example.org", "client@relay.example", "auth@spf.example", "helo-rate@spamhaus.org"],
)
def test_the_name_of_a_recipient_is_no_evidence_about_the_sender(recipient: str) -> None:
    words = f"<{recipient}>: Recipient address rejected: User unknown in table of {recipient}"

    assert judge_refusal(550, words, stage="RCPT", recipient=recipient) is NEVER


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.1.1 no such user", (5, 1, 1)),
        ("sorry (#5.7.1)", (5, 7, 1)),
        ("#5.1.0 Address rejected.", (5, 1, 0)),
        ("first line\n5.2.2 full", (5, 2, 2)),
        ("host 5.1.1.2 is listed", None),
        ("blocked, see RFC 5.1.1 or version 5.2.3", None),
        ("5.1.1.1 odd", None),
        ("no", None),
    ],
)
def test_an_enhanced_status_code_is_no_address_and_no_version(
    text: str, status: tuple[int, int, int] | None
) -> None:
    assert find_status(text) == status


@given(st.integers(-5, 1200), st.text(max_size=300), st.sampled_from(["RCPT", "DATA"]))
def test_any_answer_is_judged_and_can_be_stored(code: int, text: str, stage: Stage) -> None:
    assert judge_refusal(code, text, stage=stage, recipient=ME) in Blame

    tidied = tidy_answer(text)
    assert len(tidied) <= 500
    assert "\n" not in tidied
    tidied.encode()  # as SQLite does


def test_undecodable_bytes_and_control_characters_do_not_reach_the_database() -> None:
    assert tidy_answer("550 \udcff\x1b[31mno\x00\r\n  such\u202e user") == "550 [31mno such user"


def test_a_login_that_a_server_echoes_is_not_kept() -> None:
    text = "no: dXNlcj1tZQFhdXRoPUJlYXJlciB5YTI5LkEwQWZIAQE= and hunter2 at https://aka.ms/smtp"

    assert tidy_answer(text, secrets=("hunter2",)) == "no: ... and ... at https://aka.ms/smtp"


def test_refusals_in_the_same_words_are_recognised_whatever_their_addresses_and_numbers() -> None:
    one = essence_of(550, "5.7.1 <a@x.org>: not here (id 4fb61-12)", "a@x.org")
    other = essence_of(550, "5.7.1 <b@y.net>: not here (id 77ea-9)", "b@y.net")

    assert one == other
    assert one != essence_of(550, "5.7.1 <b@y.net>: mailbox full", "b@y.net")
