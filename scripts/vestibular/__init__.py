"""Vestibular schwannoma: contours → shapes → label maps; heads → places → crops, and back.

Positions are millimetres in ITK's world, LPS: x grows to the patient's left, y to the back, z to the head. Arrays are
(z, y, x).
"""
