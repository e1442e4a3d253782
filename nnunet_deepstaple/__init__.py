"""Learn which of many imperfect labels to trust, inside stock nnU-Net, and fuse them.

This module is imported whenever Python starts in an environment that has the package (through the ``.pth``
file, see :mod:`nnunet_deepstaple.discovery`), so it stays empty.
"""

__version__ = "0.1.0"
