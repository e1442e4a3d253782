"""The paper's networks as nnU-Net trains and predicts, with the paper's optimiser, loss and augmentation.

Hooks into nnunetv2's nnUNetTrainer: ``__init__``, ``initialize``, ``build_network_architecture``, ``_build_loss``,
``configure_optimizers``, ``configure_rotation_dummyDA_mirroring_and_inital_patch_size``, ``get_training_transforms``,
``get_validation_transforms``, ``set_deep_supervision_enabled``, ``on_train_start``, ``on_train_end``, ``train_step``.

Some parts are nnU-Net's: preprocessing, sampling of patches, the sliding window, and the clipping of gradients at 12.
nnU-Net normalises by each volume's mean and standard deviation, like the paper. The authors do not clip gradients.
"""

import os
from pathlib import Path
from typing import Any

import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform
from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
from nnunetv2.training.loss.robust_ce_loss import RobustCrossEntropyLoss
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager
from torch import nn

from ...errors import InputError
from .class_weights import class_weights, count_voxels
from .image_scale import ImageScale
from .network_2d import LRASPP2d
from .network_3d import LRASPP3d
from .schedules import BatchSchedule
from .settings import SETTINGS
from .transforms.affine import Affine
from .transforms.bspline import BSpline
from .transforms.deformation import DeformationTransform
from .transforms.noise import NoiseTransform
from .transforms.upscaling import UpscalingTransform

BACKBONE = "nnUNet_lraspp_backbone"
"""Environment variable that may name a file of ImageNet weights for the 2D network's backbone."""


class LRASPPTrainer(nnUNetTrainer):
    """Trains LR-ASPP MobileNetV3-Large on 2D patches and its 3D counterpart on 3D patches.

    Attributes:
        weighted_classes: whether rare classes weigh more in the network's loss.
    """

    weighted_classes = True

    def __init__(
        self,
        plans: dict,
        configuration: str,
        fold: int,
        dataset_json: dict,
        device: torch.device = torch.device("cuda"),  # noqa: B008 (nnU-Net's signature)
    ) -> None:
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.settings = SETTINGS[len(self.configuration_manager.patch_size)]
        self.enable_deep_supervision = False
        self.initial_lr = self.settings.learning_rate
        self.weight_decay = self.settings.weight_decay
        self.num_epochs = self.settings.epochs
        self.num_iterations_per_epoch = self.settings.iterations
        self.num_val_iterations_per_epoch = self.settings.iterations // 5

    def initialize(self) -> None:
        """Also load a backbone where the user names one.

        Raises:
            InputError: the labels are regions, or a batch of the 3D network has one sample.
        """
        if self.label_manager.has_regions:
            raise InputError(f"{type(self).__name__} learns classes, not regions; give each label one value")
        if self.configuration_manager.batch_size == 1 and len(self.configuration_manager.patch_size) == 3:
            raise InputError(f"{type(self).__name__} normalises over a batch; plan batches of two samples or more")
        super().initialize()
        backbone = os.environ.get(BACKBONE)
        if backbone and isinstance(self._image_scale.network, LRASPP2d):
            loaded = self._image_scale.network.load_backbone(Path(backbone))
            self.print_to_log_file(f"LR-ASPP: {loaded} tensors of the backbone come from {backbone}.")

    @staticmethod
    def build_network_architecture(
        plans_manager: PlansManager,
        configuration_manager: ConfigurationManager,
        num_input_channels: int,
        num_output_channels: int,
        enable_deep_supervision: bool = False,
    ) -> nn.Module:
        """Network for the configuration's number of axes."""
        del plans_manager, enable_deep_supervision
        axes = len(configuration_manager.patch_size)
        network = {2: LRASPP2d, 3: LRASPP3d}[axes](num_input_channels, num_output_channels)
        return ImageScale(network, SETTINGS[axes].upscaling)

    def configure_optimizers(self) -> tuple[torch.optim.Optimizer, BatchSchedule]:
        """AdamW, with the paper's schedule by batches."""
        optimizer = torch.optim.AdamW(self.network.parameters(), self.initial_lr, weight_decay=self.weight_decay)
        return optimizer, BatchSchedule(
            optimizer, self.initial_lr, self.settings.rate, batches=self.num_iterations_per_epoch
        )

    def _build_loss(self) -> nn.Module:
        """Cross-entropy; the weights of its classes are computed when the training starts."""
        ignored = self.label_manager.ignore_label
        self._class_weights = torch.ones(self.label_manager.num_segmentation_heads, device=self.device)
        return RobustCrossEntropyLoss(self._class_weights, ignore_index=-100 if ignored is None else ignored)

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self) -> tuple[float, bool, Any, None]:  # noqa: N802
        """No mirroring and no margin around the patches; their border is repeated instead."""
        self.inference_allowed_mirroring_axes = None
        return 0.0, False, self.configuration_manager.patch_size, None

    def get_training_transforms(self, *stock: Any, use_mask_for_norm: Any, **labels: Any) -> BasicTransform:
        """The paper's augmentation, then nnU-Net's transforms of the labels."""
        del stock, use_mask_for_norm
        return ComposeTransforms(
            [
                NoiseTransform(),
                UpscalingTransform(self.settings.upscaling),
                DeformationTransform([BSpline(), Affine()]),
                super().get_validation_transforms(None, **labels),
            ]
        )

    def get_validation_transforms(self, *stock: Any, **labels: Any) -> BasicTransform:
        """Upscale patches to the size of those in training."""
        upscaling = UpscalingTransform(self.settings.upscaling)
        return ComposeTransforms([upscaling, super().get_validation_transforms(*stock, **labels)])

    def set_deep_supervision_enabled(self, enabled: bool) -> None:
        """There is no deep supervision."""

    def on_train_start(self) -> None:
        """From here on, batches are already upscaled."""
        super().on_train_start()
        self._image_scale.upscaled_batches = True
        if self.weighted_classes:
            self._weigh_classes()

    def on_train_end(self) -> None:
        """From here on, whole images are predicted."""
        super().on_train_end()
        self._image_scale.upscaled_batches = False

    def train_step(self, batch: dict) -> dict:
        """Change the learning rate after each batch."""
        output = super().train_step(batch)
        self.lr_scheduler.after_batch()
        return output

    def _weigh_classes(self) -> None:
        cases, _ = self.do_split()
        dataset = self.dataset_class(self.preprocessed_dataset_folder, cases)
        voxels = count_voxels(dataset, cases, len(self._class_weights))
        self._class_weights.copy_(class_weights(voxels))
        weights = ", ".join(f"{weight:.3f}" for weight in self._class_weights.tolist())
        self.print_to_log_file(f"LR-ASPP: classes weigh {weights}, because they have {voxels.tolist()} voxels.")

    @property
    def _image_scale(self) -> ImageScale:
        """The network without the wrappers that distribute and compile it."""
        network = self.network.module if self.is_ddp else self.network
        return getattr(network, "_orig_mod", network)
