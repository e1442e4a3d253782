import json

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.demo import data


def test_files_are_what_ds_prepare_takes(tmp_path):
    data.write_data(tmp_path, images=2, candidates=3, test_images=1)
    candidates, layout = find_candidates([tmp_path / data.CANDIDATES])
    assert layout == "flat"
    assert {image: len(found) for image, found in candidates.items()} == {"scan01": 3, "scan02": 3}
    assert list(find_images(tmp_path / data.IMAGES).channels) == ["scan01", "scan02"]
    assert list(find_images(tmp_path / data.TEST_IMAGES).channels) == ["test01"]
    assert (
        json.loads((tmp_path / data.CANDIDATES / "dataset.json").read_text(encoding="utf-8"))["labels"]["background"]
        == 0
    )
    for folder, names in ((data.TRUTH, ["scan01", "scan02"]), (data.TEST_TRUTH, ["test01"])):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == [f"{name}.nii.gz" for name in names]


def test_the_same_seed_gives_the_same_files(tmp_path):
    for name in ("one", "other"):
        data.write_data(tmp_path / name, images=1, candidates=2, test_images=1, seed=3)
    for path in (tmp_path / "one").rglob("*.nii.gz"):
        assert path.read_bytes() == (tmp_path / "other" / path.relative_to(tmp_path / "one")).read_bytes()
