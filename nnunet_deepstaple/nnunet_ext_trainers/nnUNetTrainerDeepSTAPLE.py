from nnunet_deepstaple.trainers.variants import *  # noqa: F403 (all that nnU-Net's trainer search needs to see)
