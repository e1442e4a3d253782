"""How the paper trained each of its networks."""

from dataclasses import dataclass

from .schedules import Rate, cosine_with_restarts, exponential_in_every_tenth_epoch


@dataclass(frozen=True)
class Settings:
    """Settings of a network.

    Attributes:
        learning_rate: of AdamW.
        rate: how it changes.
        upscaling: how much finer than the image the network works.
        iterations: number of batches that show every case once. There are 40 images with 10 candidates each: in 3D in
            batches of 8, in 2D 50 slices of each in batches of 32.
    """

    learning_rate: float
    rate: Rate
    upscaling: float
    iterations: int
    epochs: int = 40
    weight_decay: float = 0.01


SETTINGS = {
    2: Settings(5e-4, cosine_with_restarts, upscaling=2, iterations=625),
    3: Settings(0.01, exponential_in_every_tenth_epoch, upscaling=1.5, iterations=50),
}
"""Settings by the number of axes of a patch."""
