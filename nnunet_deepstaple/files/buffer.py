"""Memory for reading many files: new memory costs more time than unpacking a file into memory that is there."""

import numpy as np


class Buffer:
    """Memory that is kept from one file to the next; what it held before is lost."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)

    def take(self, size: int) -> np.ndarray:
        """First ``size`` bytes, enlarged if need be."""
        if self._memory.size < size:
            self._memory = np.empty(size, np.uint8)
        return self._memory[:size]


BUFFER = Buffer()
"""That of this process, for all that reads one file after the other."""
