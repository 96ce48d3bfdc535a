"""Mail handed over on this machine: sendmail and Maildir."""
