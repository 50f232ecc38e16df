"""Feature: clients, who are companies or persons, and at once a deal's client and counterparty."""
