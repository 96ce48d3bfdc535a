"""Mail on the wire: headers, SMTP, sendmail, Maildir, and the mailbox of unsubscriptions."""
