"""Accounts at a service: settings and sealed secrets, approved hosts, lists, the module's storage."""
