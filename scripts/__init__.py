"""Benchmarks, registrations, pictures, and the paper's experiments; none of it is installed."""
