"""What a command prints, where nobody may be listening: the work goes on."""

import contextlib
import io
import os
import sys
from typing import TextIO


class Printed(io.TextIOBase):
    """A stream like ``stream`` that outlives its reader and its disk.

    A reader that goes away (``| head``) is no error. What a full disk refuses is kept in mind: :attr:`lost`.
    """

    def __init__(self, stream: TextIO) -> None:
        """Print to ``stream``, which must be able to show all letters."""
        self._stream = stream
        self.lost = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def write(self, text: str) -> int:
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._stream.flush)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def _attempt(self, action: object) -> None:
        try:
            action()  # type: ignore[operator]
        except BrokenPipeError:
            self._go_silent()
        except OSError as error:
            self.lost = self.lost or str(error.strerror)
            self._go_silent()

    def _go_silent(self) -> None:
        """Print to nowhere from now on; what is in the buffer goes there too."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def open_streams() -> Printed:
    """Make stdout and stderr fit to print to, whatever they are, and give stdout.

    Letters that the terminal or pipe cannot show, such as θ in an 8-bit code page, are printed as question marks. Where
    one of the three streams was closed, it leads to nowhere: else the next file that is opened would take its place.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (for as long as the process lives)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
        setattr(sys, name, Printed(stream))
    printed: Printed = sys.stdout  # type: ignore[assignment]
    return printed
