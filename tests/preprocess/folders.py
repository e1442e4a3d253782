"""Comparison of preprocessed folders."""

from pathlib import Path

import blosc2
import numpy as np


def differences(one: Path, other: Path) -> list[str]:
    """Names of files that only one folder has, or that differ: arrays with their storage, pickles byte for byte.

    ``.b2nd`` files themselves differ even between two runs of nnU-Net, whose threads compress in any order.
    """
    names = {path.name for path in one.iterdir()}, {path.name for path in other.iterdir()}
    return sorted(names[0] ^ names[1]) + sorted(
        name for name in names[0] & names[1] if not _same(one / name, other / name)
    )


def _same(one: Path, other: Path) -> bool:
    if one.suffix != ".b2nd":
        return one.read_bytes() == other.read_bytes()
    first, second = (blosc2.open(str(path), mode="r") for path in (one, other))
    storage = [
        (array.dtype, array.chunks, array.blocks, array.cparams.codec, array.cparams.clevel, array.cparams.filters)
        for array in (first, second)
    ]
    return storage[0] == storage[1] and np.array_equal(first[:], second[:])
