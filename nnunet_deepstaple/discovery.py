"""Let nnU-Net find the trainers of this package with no set-up.

nnU-Net (>= 2.8.0) looks for a trainer in its own tree and then in every folder of the environment variable
``nnUNet_extTrainer``. The file ``nnunet_deepstaple.pth``, which pip puts into site-packages and takes away
again, imports this module at the start of Python; it appends ``nnunet_deepstaple/nnunet_ext_trainers`` to that
variable. Folders that are already named there keep their place before ours.

Opt out with ``NNUNET_DEEPSTAPLE_DISCOVERY=0`` and export the folder yourself instead::

    export nnUNet_extTrainer="$(python -m nnunet_deepstaple.discovery)"

Standard library only, and nothing but this happens: it runs at every start of Python.
"""

import os

VARIABLE = "nnUNet_extTrainer"
OPT_OUT = "NNUNET_DEEPSTAPLE_DISCOVERY"
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nnunet_ext_trainers")  # noqa: PTH100, PTH118, PTH120 (pathlib costs 5 ms at every start of Python)


def register() -> None:
    """Append our folder to ``nnUNet_extTrainer``, once, unless the user opted out."""
    if os.environ.get(OPT_OUT) == "0":
        return
    folders = [folder for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    if FOLDER not in folders:
        os.environ[VARIABLE] = os.pathsep.join([*folders, FOLDER])


if __name__ == "__main__":
    print(FOLDER)  # noqa: T201
else:
    register()
