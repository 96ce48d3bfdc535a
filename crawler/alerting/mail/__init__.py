"""Sending mail: headers, SMTP, sendmail, Maildir; and reading the mailbox for requests to unsubscribe."""
