"""One call of a module: its host operations and limits, and each way in which it can fail."""
