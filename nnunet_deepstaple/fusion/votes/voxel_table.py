"""Votes of an image whose patterns are nearly as many as its disputed voxels: each of these voxels is a row of its own.

Many candidates with many labels and rough borders have millions of patterns. To find equal ones among them costs more
than it saves. The voxels in which all candidates agree are kept by their label.
"""

import numpy as np

from ...files.boxes import Box, as_3d, foreground_box

_CHUNK = 1 << 15
"""Voxels looked up at once, so that the work fits in a cache."""


class VoxelTable:
    """Label values that voters give to each voxel in which they differ, and the common label elsewhere."""

    def __init__(self, shape: tuple[int, ...], rows: np.ndarray, box: Box, codes: np.ndarray) -> None:
        """Begin with the votes of some voters, shape (P, K), and where in a box each pattern stands."""
        self._shape, self._n_voters = as_3d(shape), rows.shape[1]
        common = np.zeros(self._shape, rows.dtype)
        common[box] = rows[:, 0][codes]
        self._common = common.reshape(-1)  # label of the first voter; where voters differ, it does not count
        disputed = np.zeros(self._shape, bool)
        differ = (rows != rows[:, :1]).any(axis=1)
        disputed[box] = differ[codes]
        self._agreed = ~disputed.reshape(-1)
        voxels = np.flatnonzero(disputed).astype(np.int32 if disputed.size < 1 << 31 else np.int64)
        of_codes = codes[differ[codes]]
        self._parts = [(voxels, [rows[:, place][of_codes] for place in range(self._n_voters)])]

    def add(self, labels: np.ndarray) -> None:
        """Add the votes of one voter, shape (z, y, x)."""
        flat = labels.reshape(-1)
        new = (flat != self._common) & self._agreed
        for voxels, columns in self._parts:
            columns.append(_taken(flat, voxels))
        more = np.flatnonzero(new).astype(self._parts[0][0].dtype)
        if more.size:
            self._agreed[more] = False
            common = self._common[more]
            self._parts.append((more, [common] * self._n_voters + [flat[more]]))
        self._n_voters += 1

    def patterns(self) -> tuple[np.ndarray, np.ndarray, Box, np.ndarray]:
        """The votes as patterns, of which some are equal.

        Returns:
            Label values, shape (P, K); the voxels of each, shape (P,); the bounding box of all foreground; and the row
            of each of its voxels, shape of the box.
        """
        voxels = np.concatenate([one for one, _ in self._parts]).astype(np.intp)
        counts = -np.bincount(self._common[voxels], minlength=int(self._common.max()) + 1)
        for plane in self._common.reshape(self._shape):  # a few voxels at a time, because NumPy widens them
            counts += np.bincount(plane.ravel(), minlength=len(counts))
        agreed = np.flatnonzero(counts)
        if counts[0] == 0:
            agreed = np.append(0, agreed)
        kind = np.result_type(*(column for _, columns in self._parts for column in columns))
        rows = np.empty((self._n_voters, len(agreed) + len(voxels)), kind).T  # votes of one voter are neighbours
        rows[: len(agreed)] = agreed[:, np.newaxis]
        for place in range(self._n_voters):
            np.concatenate([columns[place] for _, columns in self._parts], out=rows[len(agreed) :, place])
        row_of = np.zeros(len(counts), np.min_scalar_type(len(rows)))
        row_of[agreed] = np.arange(len(agreed))
        foreground = self._common != 0
        foreground[voxels] = True
        box = foreground_box(foreground.reshape(self._shape))
        codes = np.zeros(self._shape, row_of.dtype)
        codes[box] = row_of[self._common.reshape(self._shape)[box]]
        codes.reshape(-1)[voxels] = np.arange(len(agreed), len(rows))
        return rows, np.append(counts[agreed], np.ones(len(voxels), np.int64)), box, codes[box].copy()


def _taken(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values in some places, a few at a time, because NumPy widens indices."""
    taken = np.empty(len(places), values.dtype)
    for start in range(0, len(places), _CHUNK):
        some = slice(start, start + _CHUNK)
        np.take(values, places[some], out=taken[some], mode="clip")  # mode: "raise" would buffer the output
    return taken
