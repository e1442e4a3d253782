import pytest

from nnunet_deepstaple.datasets.nnunet_folders import (
    VARIABLES,
    dataset_name,
    dataset_number,
    nnunet_folder,
    parse_dataset_name,
    require_free,
)
from nnunet_deepstaple.errors import InputError


@pytest.fixture
def folders(tmp_path, monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path


@pytest.mark.parametrize("text", ["702_Some_Name", "Dataset702_Some_Name"])
def test_new_dataset_is_named_by_id_and_name(text):
    assert parse_dataset_name(text) == "Dataset702_Some_Name"


def test_short_ids_are_padded_as_nnunet_pads_them():
    assert dataset_name("7", "A") == dataset_name("007", "A") == "Dataset007_A"
    assert dataset_number("Dataset007_A_1") == 7


@pytest.mark.parametrize("text", ["702", "Name", "0_A", "1000_A", "-1_A", "702_", "702_a b", "702_../a"])
def test_other_names_are_refused(text):
    with pytest.raises(InputError):
        parse_dataset_name(text)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.usefixtures("folders")
def test_missing_variable_is_named(monkeypatch, variable):
    monkeypatch.delenv(variable)
    with pytest.raises(InputError, match=f"{variable} is not set"):
        nnunet_folder(variable)
    with pytest.raises(InputError, match=f"{variable} is not set"):
        require_free("Dataset702_A")


def test_free_id_gives_the_raw_folder(folders):
    (folders / "nnUNet_raw" / "Dataset701_A").mkdir(parents=True)
    assert require_free("Dataset702_A") == folders / "nnUNet_raw" / "Dataset702_A"


@pytest.mark.parametrize("variable", VARIABLES)
def test_id_in_use_is_refused_naming_what_uses_it(folders, variable):
    other = folders / variable / "Dataset702_Other"
    other.mkdir(parents=True)
    with pytest.raises(InputError, match=str(other)):
        require_free("Dataset702_A")
