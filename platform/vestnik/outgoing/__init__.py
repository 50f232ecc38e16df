"""Outgoing webhooks: what happens here is told to the customer's own systems."""
