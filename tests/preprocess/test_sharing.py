from functools import partialmethod
from typing import Any

import numpy as np
import pytest
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.preprocess import configurations
from nnunet_deepstaple.preprocess.sharing import Sharing, choose_sharing

DATASET = {"labels": {"background": 0, "a": 1, "b": 2, "ignore": 3}, "channel_names": {"0": "CT", "1": "MRI"}}
DEFAULT, TORCH = "resample_data_or_seg_to_shape", "resample_torch_fornnunet"


def plans(**changes: Any) -> dict[str, Any]:
    configuration = {
        "data_identifier": "nnUNetPlans_3d_fullres",
        "preprocessor_name": "DefaultPreprocessor",
        "spacing": [2.0, 1.0, 1.0],
        "patch_size": [8, 8, 8],
        "normalization_schemes": ["CTNormalization", "ZScoreNormalization"],
        "use_mask_for_norm": [False, True],
        "resampling_fn_data": DEFAULT,
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg": DEFAULT,
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "architecture": {},
        **changes,
    }
    intensities = {"mean": 80.0, "std": 40.0, "percentile_00_5": 5.0, "percentile_99_5": 190.0}
    return {
        "transpose_forward": [1, 0, 2],
        "image_reader_writer": "SimpleITKIO",
        "foreground_intensity_properties_per_channel": {"0": intensities, "1": intensities},
        "configurations": {"3d_fullres": configuration},
    }


def way(**changes: Any) -> Sharing:
    return choose_sharing(plans(**changes), "3d_fullres", DATASET)


def use(preprocessor: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the plans name a class that lies here; nnU-Net looks for classes among its own files."""
    monkeypatch.setattr(ConfigurationManager, "preprocessor_class", property(lambda _: preprocessor))


def test_nnunets_own_preprocessing_is_shared():
    chosen = way()
    assert (chosen.one_image, chosen.recipe.fast_labels, chosen.notes) == (True, True, [])


@pytest.mark.parametrize(
    "settings",
    [
        {"resampling_fn_seg_kwargs": {"is_seg": True, "order": 0, "order_z": 0, "force_separate_z": None}},
        {"resampling_fn_seg": TORCH, "resampling_fn_seg_kwargs": {"is_seg": True, "force_separate_z": False}},
    ],
)
def test_other_resampling_of_labels_is_heeded(settings):
    chosen = way(**settings)
    assert (chosen.one_image, chosen.recipe.fast_labels) == (True, False)
    assert "another way than nnU-Net's default" in chosen.notes[0]


def test_other_resampling_of_images_is_heeded():
    chosen = way(resampling_fn_data=TORCH, resampling_fn_data_kwargs={"is_seg": False, "force_separate_z": False})
    assert (chosen.one_image, chosen.recipe.fast_labels, chosen.notes) == (True, True, [])


def test_a_resampling_that_differs_is_not_trusted(monkeypatch):
    def another(labels, shape, _):
        return labels[
            tuple(np.ix_(*(np.arange(new) * old // new for old, new in zip(labels.shape, shape, strict=True))))
        ]

    monkeypatch.setattr(configurations, "resample_labels", another)
    chosen = way()
    assert (chosen.one_image, chosen.recipe.fast_labels) == (True, False)
    assert "the installed nnU-Net resamples label maps otherwise" in chosen.notes[0]


@pytest.mark.parametrize("method", ["run_case_npy", "run_case", "run_case_save", "_normalize"])
def test_a_class_that_handles_whole_cases_is_asked_for_each(method, monkeypatch):
    inherited = getattr(DefaultPreprocessor, method)
    own = type("Own", (DefaultPreprocessor,), {method: partialmethod(inherited)})
    use(own, monkeypatch)
    chosen = way(preprocessor_name="Own")
    assert (chosen.one_image, chosen.recipe.fast_labels) == (False, True)
    assert f"Own has its own {method}; every case is computed by itself" in chosen.notes[0]


def test_what_a_class_does_to_labels_is_heeded(monkeypatch):
    class Sparse(DefaultPreprocessor):
        def modify_seg_fn(self, seg: Any, *_: Any) -> Any:
            return seg * (np.arange(seg.shape[-1]) % 2)

    use(Sparse, monkeypatch)
    assert way().one_image


def test_a_step_that_this_version_of_nnunet_has_added_is_noticed(monkeypatch):
    original = DefaultPreprocessor.run_case_npy

    def added(self, data, seg, properties, *more):
        data, seg, properties = original(self, data, seg, properties, *more)
        return data, seg, properties | {"of_the_labels": int(seg.sum())}

    monkeypatch.setattr(DefaultPreprocessor, "run_case_npy", added)
    chosen = way()
    assert not chosen.one_image
    assert "the installed nnU-Net prepares cases otherwise" in chosen.notes[-1]


def test_a_normalisation_of_ones_own_may_look_at_labels(monkeypatch):
    from nnunetv2.preprocessing.normalization import default_normalization_schemes as schemes

    monkeypatch.delattr(schemes, "CTNormalization")
    monkeypatch.setattr("nnunet_deepstaple.preprocess.sharing._agrees", lambda *_, **__: True)
    chosen = way()
    assert not chosen.one_image
    assert "the normalisation CTNormalization is none of nnU-Net's" in chosen.notes[0]


def test_a_class_that_prepares_whole_datasets_is_refused(monkeypatch):
    use(type("Own", (DefaultPreprocessor,), {"run": lambda *_: None}), monkeypatch)
    with pytest.raises(InputError, match="use nnUNetv2_preprocess"):
        way(preprocessor_name="Own")


def test_an_unknown_class_is_named():
    with pytest.raises(InputError, match="nnU-Net knows no preprocessor 'Nobody'"):
        way(preprocessor_name="Nobody")
