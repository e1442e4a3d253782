"""Register atlases to images with deedsBCV and write the warped labels as candidates, ``<image>__<atlas>.nii.gz``.

Heinrich et al., "MRF-based deformable registration and ventilation estimation of lung CT", IEEE TMI 32(7), 2013;
https://github.com/mattiaspaul/deedsBCV. There is no wheel: build ``linearBCV`` and ``deedsBCV`` with its Makefile and
name their folder with ``-bin``. Each atlas is laid on the image's grid centre on centre, as the tool wants equal
dimensions, then aligned affinely and deformed. ``-warped`` keeps the atlas' image, warped in the same way, for
``ds_fuse -atlas_images``. What is there already is skipped.
"""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import InputError, RunError

from .registration import Pair, Warped, add_pair_options, on_one_grid, register_pairs

LINEAR, DEFORMABLE = "linearBCV", "deedsBCV"

EXAMPLES = """\
  python -m scripts.register_deeds -bin deedsBCV -i hippocampus/images -a hippocampus/atlases -o deeds
  python -m scripts.register_deeds -bin deedsBCV -i images -a atlases -o deeds -k 0 -L 6x5x4x3x2
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("register_deeds", __doc__ or "", EXAMPLES)
    arguments.add_argument("-bin", required=True, type=Path, metavar="FOLDER", help="folder of linearBCV and deedsBCV")
    add_pair_options(arguments)
    for option, what in {"G": "grid spacing", "L": "search radius", "Q": "quantisation"}.items():
        arguments.add_argument(f"-{option}", metavar="AxBxCxDxE", help=f"deedsBCV's {what} of each level (its own)")
    arguments.add_argument("-alpha", type=float, help="deedsBCV's weight of the smoothness, -a (its own)")
    given = arguments.parse_args()
    levels = [word for option in "GLQ" if getattr(given, option) for word in (f"-{option}", getattr(given, option))]
    alpha = [] if given.alpha is None else ["-a", f"{given.alpha:g}"]
    deeds = Deeds(given.bin, [*levels, *alpha])
    deeds.check()
    register_pairs(given, lambda pair: register_pair(pair, deeds))


@dataclass(frozen=True)
class Deeds:
    """The two programs, and options for the deformable one."""

    folder: Path
    options: Sequence[str] = ()

    def check(self) -> None:
        """Make sure that both programs are there.

        Raises:
            InputError: one is not, or cannot be run.
        """
        for name in (LINEAR, DEFORMABLE):
            if not os.access(self.folder / name, os.X_OK) or (self.folder / name).is_dir():
                raise InputError(f"{self.folder / name} is no program; build deedsBCV and give its folder with -bin")

    def register(self, fixed: Path, moving: Path, labels: Path) -> tuple[Path, Path]:
        """Align, deform, and give the files of the warped labels and image; all files go beside ``fixed``.

        Raises:
            RunError: a program failed, or left no result.
        """
        folder = fixed.parent
        images = ["-F", str(fixed), "-M", str(moving)]
        matrix = self._run([LINEAR, *images, "-O", str(folder / "affine")], folder / "affine_matrix.txt")
        stem = folder / "nonlinear"
        affine = ["-A", str(matrix), "-S", str(labels)]
        command = [DEFORMABLE, *images, "-O", str(stem), *affine, *self.options]
        return self._run(command, folder / "nonlinear_deformed_seg.nii.gz"), folder / "nonlinear_deformed.nii.gz"

    def _run(self, command: Sequence[str], result: Path) -> Path:
        program = self.folder.resolve() / command[0]
        finished = subprocess.run([str(program), *command[1:]], capture_output=True, encoding="utf-8", check=False)
        if finished.returncode or not result.is_file():
            said = (finished.stderr or finished.stdout).strip().splitlines()[-1:] or ["nothing"]
            raise RunError(
                f"{program} ended with status {finished.returncode} and {'a' if result.is_file() else 'no'} "
                f"{result.name}; it said: {said[0]}"
            )
        return result


def register_pair(pair: Pair, deeds: Deeds) -> Warped:
    """Register one pair."""
    fixed, moving, labels = on_one_grid(pair)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        files = {"fixed": fixed, "moving": moving, "labels": sitk.Cast(labels, sitk.sitkInt16)}
        for name, image in files.items():
            sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))
        results = deeds.register(*(folder / f"{name}.nii.gz" for name in files))
        warped_labels, warped_image = (sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in results)
        return Warped(fixed, warped_labels, warped_image)


if __name__ == "__main__":
    main()
