"""What came in, kept as it came; what became of it."""
