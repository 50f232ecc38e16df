"""A mailbox of one user that speaks IMAP over TLS, for the demo and for machines without a mail server."""
