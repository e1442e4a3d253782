from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.trainers.next_stage import FOLDER, check_previous_stage, share_predictions

STAGE = "3d_cascade_fullres"
CASES = ["a__x", "a__y.1", "b__x"]


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """nnU-Net's folder of a first stage that has predicted the image a."""
    configuration = tmp_path / "nnUNetTrainerDeepSTAPLE__nnUNetPlans__3d_lowres"
    (configuration / FOLDER / STAGE).mkdir(parents=True)
    (configuration / FOLDER / STAGE / "a__y.1.b2nd").write_text("a")
    return configuration


def content(configuration: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((configuration / FOLDER / STAGE).iterdir())}


def test_all_cases_of_an_image_have_its_prediction(configuration: Path) -> None:
    share_predictions(configuration, [STAGE], ["a__y.1", "b__x"], CASES)
    assert content(configuration) == {"a__x.b2nd": "a", "a__y.1.b2nd": "a"}


def test_a_new_prediction_takes_the_place_of_the_old(configuration: Path) -> None:
    share_predictions(configuration, [STAGE], ["a__y.1", "b__x"], CASES)
    share_predictions(configuration, [STAGE], ["a__y.1", "b__x"], CASES)
    new = configuration / FOLDER / STAGE / "a__x.b2nd"
    new.unlink()  # as nnU-Net does before it saves
    new.write_text("new")
    share_predictions(configuration, [STAGE], ["a__x", "b__x"], CASES)
    assert content(configuration) == {"a__x.b2nd": "new", "a__y.1.b2nd": "new"}


def test_without_hard_links(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    share_predictions(configuration, [STAGE], ["a__y.1", "b__x"], CASES)
    assert content(configuration) == {"a__x.b2nd": "a", "a__y.1.b2nd": "a"}


def test_what_the_first_stage_lacks_is_told(configuration: Path) -> None:
    folder = configuration / FOLDER / STAGE
    check_previous_stage(folder, ["a__y.1"])
    with pytest.raises(InputError, match=r"lacks 2 of 3 cases, such as 'a__x'; .* of 3d_lowres with -tr nnUNetTr"):
        check_previous_stage(folder, CASES)
    with pytest.raises(InputError, match="lacks 3 of 3 cases"):
        check_previous_stage(folder.with_name("none"), CASES)
