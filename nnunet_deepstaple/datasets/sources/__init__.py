"""What each source of candidates means by its numbers, and which labels it annotates.

:mod:`.vocabulary` (names that all share) → :mod:`.source` (one source's numbers) → :mod:`.statements` (what
``sources.json`` says) → :mod:`.gather` (all of this together) → :mod:`.table` (the table that a person reads).
"""
