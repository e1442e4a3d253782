"""Displacements that keep lines straight and do not move the centre."""

import torch

from .deformation import Displacement


class Affine(Displacement):
    """Draws a matrix I + ``strength`` · N(0, 1), without translation."""

    def __init__(self, strength: float = 0.2, probability: float = 0.45) -> None:
        self.strength = strength
        self.probability = probability

    def draw(self, grid: torch.Tensor) -> torch.Tensor:
        """Draw the matrix; (1, (z,) y, x, axes) in and out."""
        axes = grid.shape[-1]
        return grid @ (self.strength * torch.randn(axes, axes)).T
