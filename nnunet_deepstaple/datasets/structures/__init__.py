"""Candidates that have one file a structure, as TotalSegmentator, 3D Slicer and contouring tools leave them.

:mod:`.files` (a structure's file, a candidate's label map) → :mod:`.overlaps` (which structures share voxels) →
:mod:`.planning` (their labels, and the order in which they are painted).
"""
