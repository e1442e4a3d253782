"""Arrays of an .npz file, read without the memory that a wrong header would take."""

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy


def read_arrays(path: Path, largest: Mapping[str, int]) -> list[np.ndarray]:
    """Read the named arrays of an .npz file.

    Args:
        path: the file.
        largest: how many bytes each of them may have.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no such file, lacks an array, or one is larger or holds anything but numbers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name, most in largest.items():
                with archive.open(f"{name}.npy") as file:
                    _check(file, name, most)
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in largest]
    except OSError:
        raise
    except Exception as error:  # zipfile and NumPy have many, and damaged files find what they forgot
        raise ValueError(" ".join(str(error).split())) from error


def _check(file: IO[bytes], name: str, most: int) -> None:
    """Make sure that an array is what its reader can use, by its header."""
    version = npy.read_magic(file)
    shape, _, kind = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)
    size = kind.itemsize * math.prod(shape)
    if kind.kind not in "biuf" or not 0 <= size <= most:
        raise ValueError(f"{name} has {size} bytes of {kind}, and may have {most}")
