"""Candidates with one file per structure, as TotalSegmentator, 3D Slicer and contouring tools write them.

:mod:`.files` (a structure's file, a candidate's label map) → :mod:`.overlaps` (which structures share voxels) →
:mod:`.planning` (their labels, and the order in which they are painted).
"""
