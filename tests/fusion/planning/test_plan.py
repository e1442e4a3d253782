"""A plan decides everything and writes nothing; one made by hand runs as well."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion import Plan, Request, fuse_folder, make_plan, run_plan
from nnunet_deepstaple.fusion.planning.task import ImageTask, Method
from nnunet_deepstaple.fusion.rules.weighted import majority, weighted

from ...commands.fuse_runs import contents, read, write_candidates, write_scores
from ...label_map_files import label_values, save


def test_a_plan_made_by_hand(tmp_path):
    first, second = (np.roll(label_values((1,)), k, axis=2) for k in range(2))
    voters = [Candidate("x", str(k), tmp_path / f"{k}.nii.gz") for k in range(2)]
    save(voters[0].path, first)
    save(voters[1].path, second)
    plan = Plan(Method(weighted, tmp_path / "fused"), {"x": ImageTask(voters, np.array([0.3, 0.7]))})
    summary = run_plan(plan)
    assert summary.complete
    assert np.array_equal(read(tmp_path / "fused/x.nii.gz"), second)
    assert sorted(path.name for path in (tmp_path / "fused").iterdir()) == ["fusion.json", "x.nii.gz"]


def test_making_a_plan_writes_nothing(tmp_path):
    candidates = write_candidates(tmp_path / "c")
    before = contents(tmp_path)
    plan = make_plan(Request([candidates], tmp_path / "fused", rule="majority", save_vote_share=True))
    assert contents(tmp_path) == before
    assert plan.method.rule is majority
    assert plan.images == ["image0", "image1"]
    assert [path.relative_to(tmp_path / "fused").as_posix() for path in plan.files] == [
        *["vote_share/image0.nii.gz", "image0.nii.gz", "vote_share/image1.nii.gz", "image1.nii.gz", "fusion.json"]
    ]


def test_a_plan_runs_as_the_request_does(tmp_path):
    candidates = write_candidates(tmp_path / "c")
    scores = write_scores(tmp_path / "s.csv", {f"image{i}__c{k}": 0.2 + 0.1 * k for i in range(2) for k in range(5)})
    for name in ("one", "two"):
        request = Request([candidates], tmp_path / name, score_files=[scores])
        fuse_folder(request) if name == "one" else run_plan(make_plan(request))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_running_a_plan_looks_at_no_score(tmp_path):
    candidates = write_candidates(tmp_path / "c")
    scores = write_scores(tmp_path / "s.csv", {f"image{i}__c{k}": 0.2 + 0.1 * k for i in range(2) for k in range(5)})
    plan = make_plan(Request([candidates], tmp_path / "fused", score_files=[scores]))
    scores.unlink()
    assert run_plan(plan).complete


def test_parts_know_the_images_of_the_others(tmp_path):
    candidates = write_candidates(tmp_path / "c", images=3)
    requests = [Request([candidates], tmp_path / "fused", rule="majority", part=(part, 2)) for part in range(2)]
    plan = make_plan(requests[0])
    assert list(plan.tasks) == ["image0", "image2"]
    assert plan.elsewhere == ["image1"]
    assert not run_plan(plan).complete
    last = make_plan(requests[1])
    assert sorted(last.kept) == ["image0", "image2"]
    assert run_plan(last).complete


def test_a_plan_does_not_change(tmp_path):
    plan = Plan(Method(majority, tmp_path), {})
    with pytest.raises(FrozenInstanceError):
        plan.part = (1, 2)


def test_what_cannot_be_read_is_no_plan(tmp_path):
    candidates = write_candidates(tmp_path / "c")
    (candidates / "image1__c0.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match="image1__c0"):
        make_plan(Request([candidates], tmp_path / "fused"))
