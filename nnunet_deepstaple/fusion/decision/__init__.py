"""Shares → labels, and how sure they are."""
