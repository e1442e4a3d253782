import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.preprocess.record import FORMAT, PreprocessedImage, PreprocessRecord, record_file
from nnunet_deepstaple.preprocess.unfinished import RESULT, Unfinished, finished_record

IMAGES = {"a__x": ["a__x", "a__y"], "b__x": ["b__x"]}
CASES = [case for cases in IMAGES.values() for case in cases]
REQUEST: dict[str, Any] = {"files": {name: {"size": 1} for name in IMAGES}, "spacing": [1.0]}
CHANGES = ("rename", "replace", "unlink", "rmdir", "mkdir")
"""What changes a folder; a kill between any two of them is the worst that can happen."""


def make(unfinished: Unfinished, name: str, content: str = "new") -> None:
    with unfinished.image(name) as folder:
        for case in IMAGES[name]:
            for ending in (".b2nd", "_seg.b2nd", ".pkl"):
                (folder / f"{case}{ending}").write_text(content)
        (folder / RESULT).write_text('{"spilling": []}')


def run(data: Path, *, keep: bool = False) -> list[str]:
    """A whole run; gives the images that it made."""
    unfinished = Unfinished(data)
    missing: list[str] = []
    if not keep or finished_record(data, CASES, REQUEST) is None:
        unfinished.begin(REQUEST, keep=keep)
        missing = unfinished.missing(IMAGES)
        for name in missing:
            make(unfinished, name)
        unfinished.finish(REQUEST, IMAGES)
    unfinished.remove()
    return missing


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_the_folder_holds_the_cases_and_nothing_else(tmp_path):
    run(tmp_path / "data")
    assert set(content(tmp_path / "data")) == {
        f"{case}{end}" for case in CASES for end in (".b2nd", "_seg.b2nd", ".pkl")
    }
    assert {path.name for path in tmp_path.iterdir()} == {"data", "ds_preprocess_data.json"}
    record = finished_record(tmp_path / "data", CASES, REQUEST)
    images = {name: PreprocessedImage(spilling=[]) for name in IMAGES}
    assert record == PreprocessRecord(format=FORMAT, request=REQUEST, images=images)


def test_images_that_are_done_are_kept(tmp_path):
    unfinished = Unfinished(tmp_path / "data")
    unfinished.begin(REQUEST, keep=False)
    make(unfinished, "a__x")
    assert run(tmp_path / "data", keep=True) == ["b__x"]


def test_without_continue_all_is_made_anew(tmp_path):
    unfinished = Unfinished(tmp_path / "data")
    unfinished.begin(REQUEST, keep=False)
    make(unfinished, "a__x")
    assert run(tmp_path / "data") == list(IMAGES)


def test_an_image_that_failed_is_not_there(tmp_path):
    unfinished = Unfinished(tmp_path / "data")
    unfinished.begin(REQUEST, keep=False)
    with pytest.raises(ZeroDivisionError), unfinished.image("a__x") as folder:
        (folder / "a__x.b2nd").write_text(str(1 / 0))
    assert unfinished.missing(IMAGES) == list(IMAGES)


def test_an_image_made_twice_counts_once(tmp_path):
    unfinished = Unfinished(tmp_path / "data")
    unfinished.begin(REQUEST, keep=False)
    with unfinished.image("b__x") as folder:
        folder.rename(tmp_path / "elsewhere")  # as if this worker had another process id
        make(unfinished, "b__x")
        (tmp_path / "elsewhere").rename(folder)
        (folder / "late").touch()
    assert not (unfinished.path / "images/b__x/late").exists()


def test_other_settings_are_not_mixed(tmp_path):
    Unfinished(tmp_path / "data").begin(REQUEST, keep=False)
    with pytest.raises(InputError, match=r"was begun with other spacing; run without --continue"):
        Unfinished(tmp_path / "data").begin(REQUEST | {"spacing": [2.0]}, keep=True)


def test_only_images_whose_files_changed_are_made_again(tmp_path):
    unfinished = Unfinished(tmp_path / "data")
    unfinished.begin(REQUEST, keep=False)
    for name in IMAGES:
        make(unfinished, name)
    files = {**REQUEST["files"], "a__x": {"size": 2}, "c__x": {"size": 3}}
    unfinished.begin(REQUEST | {"files": files}, keep=True)
    assert unfinished.missing(files) == ["a__x", "c__x"]


@pytest.mark.parametrize("missing", ["b__x.pkl", "a__y_seg.b2nd"])
def test_a_folder_with_a_file_missing_is_not_whole(tmp_path, missing):
    run(tmp_path / "data")
    (tmp_path / "data" / missing).unlink()
    assert finished_record(tmp_path / "data", CASES, REQUEST) is None


class Killed(BaseException):
    """Stands for the kill: nothing that cleans up after errors may catch it."""


def killed_after(changes: int, patch: pytest.MonkeyPatch) -> None:
    """Let so many changes of folders pass, and none after them."""
    left = iter(range(changes))

    def limited(change: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return change(*arguments, **more)

        return call

    for name in CHANGES:
        patch.setattr(os, name, limited(getattr(os, name)))


def test_a_kill_between_any_two_changes_loses_nothing(tmp_path):
    """A run over an earlier folder, killed before its first change, its second, …, and each time continued."""
    (tmp_path / "undisturbed").mkdir()
    run(tmp_path / "undisturbed/data")
    for changes in range(200):
        data = tmp_path / str(changes) / "data"
        data.mkdir(parents=True)
        (data / "old__x.b2nd").write_text("old")
        try:
            with pytest.MonkeyPatch.context() as patch:
                killed_after(changes, patch)
                run(data)
            break
        except Killed:
            run(data, keep=True)
            assert content(data.parent) == content(tmp_path / "undisturbed"), f"after a kill at change {changes}"
    assert 30 < changes < 199


def test_the_record_lies_beside_the_folder(tmp_path):
    assert record_file(tmp_path / "nnUNetPlans_2d") == tmp_path / "ds_preprocess_nnUNetPlans_2d.json"
