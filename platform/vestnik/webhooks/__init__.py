"""Webhooks: stored before anything else, parsed by the account's module, applied once, answered in time."""
