"""The voxels of NIfTI files, read several times faster than through an image library.

Label maps are mostly background, and gzip writes such runs in a few bytes: unpacking them is copying. libdeflate
(through imagecodecs, which nnU-Net needs anyway) does it at the speed of memory when it is given the place to unpack
to, so a :class:`~.buffer.Buffer` is used again and again. Only plain files are read here, scalar voxels in this
machine's byte order without scaling; headers are left to SimpleITK.
"""

import gzip
import io
import math
import struct
import sys
import zlib
from collections.abc import Iterator

import numpy as np
from imagecodecs import gzip_decode

from .buffer import Buffer

_HEADER_1, _HEADER_2 = 348, 540
"""Bytes of a NIfTI-1 and a NIfTI-2 header; the voxels of the latter are left to nibabel."""

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""NumPy types of the data types of nifti1.h."""

_GZIP = b"\x1f\x8b\x08"


def header_of(content: bytes, packed: bool) -> bytes:
    """First bytes of a file, unpacked if it is ``packed``: a header of NIfTI-1; fewer where the file is damaged."""
    if not (packed and content.startswith(_GZIP)):
        return content[:_HEADER_1]
    try:
        return zlib.decompressobj(wbits=31).decompress(content, _HEADER_1)
    except zlib.error:
        return b""


def unpack(compressed: bytes, buffer: Buffer) -> np.ndarray:
    """Unpack a gzip file into ``buffer``, checksums verified; a file that is not packed is given as it is.

    There may be several members, and bytes after the last that are none: nnU-Net's readers pass over them. What is
    packed behind the voxels of which the header tells is not kept: a few megabytes may be gigabytes of zeros.

    Returns:
        The content as bytes, valid until the buffer is used again.

    Raises:
        OSError, EOFError, zlib.error: it is cut off or damaged.
    """
    if not compressed.startswith(_GZIP):
        return np.frombuffer(compressed, np.uint8)
    size = int.from_bytes(compressed[-4:], "little")
    # The size at the end is that of the last member, modulo 2^32, and deflate packs 1032-fold at most. Where it is not
    # what the header claims, there may be several members, and the slower way finds out.
    claimed = _claimed(compressed)
    if size == claimed and size <= 1100 * len(compressed):
        memory = buffer.take(size)
        try:
            if len(gzip_decode(compressed, out=memory.data)) == size:
                return memory
        except (RuntimeError, ValueError):
            pass
    pieces, kept = [], 0
    for piece in _members(compressed):
        if kept < claimed:
            pieces.append(piece)
            kept += len(piece)
    return np.frombuffer(b"".join(pieces), np.uint8)


def _claimed(compressed: bytes) -> float:
    """Bytes of the unpacked file as its header tells; infinity where the header is none."""
    header = zlib.decompressobj(wbits=31).decompress(compressed, _HEADER_2)
    order = _byte_order(header)
    if order is not None and len(header) >= _HEADER_1:
        count, *shape = struct.unpack_from(f"{order}8h", header, 40)
        (bits,) = struct.unpack_from(f"{order}h", header, 72)
        (offset,) = struct.unpack_from(f"{order}f", header, 108)
    elif len(header) == _HEADER_2 and (order := _byte_order(header, _HEADER_2)) is not None:
        (bits,) = struct.unpack_from(f"{order}h", header, 14)
        count, *shape = struct.unpack_from(f"{order}8q", header, 16)
        (offset,) = struct.unpack_from(f"{order}q", header, 168)
    else:
        return math.inf
    if not (0 < count <= len(shape) and all(size > 0 for size in shape[:count]) and bits > 0 and offset >= 0):
        return math.inf
    return offset + math.prod(shape[:count]) * (bits // 8 or 1)


def _members(compressed: bytes) -> Iterator[bytes]:
    """Content of all members of a gzip file, in pieces."""
    with gzip.GzipFile(fileobj=io.BytesIO(compressed)) as file:
        while True:
            try:
                piece = file.read1(1 << 20)
            except gzip.BadGzipFile as error:
                if "Not a gzipped file" in str(error):  # what comes after a member is no other one
                    return
                raise
            if not piece:
                return
            yield piece


def require_spacing(content: np.ndarray, size: tuple[int, ...]) -> None:
    """Make sure that no axis of several voxels has the spacing 0, which libraries read as 1 without a word.

    Args:
        content: the whole file, unpacked.
        size: voxels along x, y, z.

    Raises:
        ValueError: one has.
    """
    header = content[:_HEADER_1].tobytes()
    order = _byte_order(header)
    if order is None:
        return
    spacing = struct.unpack_from(f"{order}3f", header, 80)
    for axis, voxels, length in zip("xyz", size, spacing, strict=False):
        if voxels > 1 and length == 0:
            raise ValueError(f"its header gives 0 as the spacing along {axis}; correct the header")


def _byte_order(header: bytes, size: int = _HEADER_1) -> str | None:
    """Byte order of a NIfTI header of ``size`` bytes, as struct writes it; None for other headers."""
    return next((order for order in "<>" if header[:4] == struct.pack(f"{order}i", size)), None)


def plain_voxels(content: np.ndarray, size: tuple[int, ...]) -> np.ndarray | None:
    """Voxels of an unpacked NIfTI file.

    Args:
        content: the whole file, bytes.
        size: voxels along x, y, z, as read from the header by SimpleITK.

    Returns:
        View of ``content`` in the file's type, shape (z, y, x) or (y, x); None if the file is not plain.

    Raises:
        EOFError: the file has fewer bytes than its header says.
    """
    header = content[:_HEADER_1].tobytes()
    order = _byte_order(header)
    if order is None:
        return None
    (data_type,) = struct.unpack_from(f"{order}h", header, 70)
    offset, slope, intercept = struct.unpack_from(f"{order}fff", header, 108)
    if data_type not in _TYPES or not (_HEADER_1 <= offset < math.inf) or header[344:] != b"n+1\0":
        return None
    dtype = np.dtype(_TYPES[data_type])
    voxels, start = math.prod(size), int(offset)
    if len(content) < start + voxels * dtype.itemsize:
        raise EOFError
    scaled = slope not in (0, 1) or (slope == 1 and intercept != 0)
    native = order == ("<" if sys.byteorder == "little" else ">")
    if scaled or not native:
        return None
    return content[start : start + voxels * dtype.itemsize].view(dtype).reshape(size[::-1])
