"""Benchmarks: each compares in one run, ours beside a floor or a peer, and tells ratios and medians."""
