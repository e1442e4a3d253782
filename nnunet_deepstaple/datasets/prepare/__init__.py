"""Images and their candidates → an nnU-Net raw dataset with one case for each (image, candidate) pair."""

from .check import check
from .request import Preparation, PrepareRequest
from .write import write

__all__ = ["Preparation", "PrepareRequest", "check", "write"]
