"""Feature: templates of letters, imported from the sending services, and their previews."""
