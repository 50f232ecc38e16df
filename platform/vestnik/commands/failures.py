"""How a command fails: with one sentence for the person who ran it."""

from __future__ import annotations


class CommandFailed(Exception):
    """A command could not do its work; the message says why and what to do."""
