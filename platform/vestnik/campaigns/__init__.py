"""Feature: campaigns, from the draft to the last delivery, so that nobody is written to twice."""
