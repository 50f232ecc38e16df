"""Calls run again without a network: replay, what differs, and the tests made from it."""
