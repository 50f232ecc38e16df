"""Feature: segments, which are sets of contacts: a list of members, or a rule compiled to one SELECT."""
