"""Feature: contacts, their addresses, consents, the stop-list, and the one audience function."""
