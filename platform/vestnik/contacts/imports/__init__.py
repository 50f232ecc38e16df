"""Contacts out of files: read, mapped, applied by thousands, undone row by row."""
