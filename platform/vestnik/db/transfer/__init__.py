"""Whole installations on the move: from one database to another, into a backup and out of it.

Rows travel as plain values that mean the same on every side (`rows.py`): SQLite, PostgreSQL and the file
of a backup are three places to read them from and to write them to. What was written is read back, and
its digest compared, before anything of it counts.
"""
