"""Calendars, shared and personal, and the events in them."""
