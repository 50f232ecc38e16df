"""Mail collectors: mailboxes that are read for requests."""
