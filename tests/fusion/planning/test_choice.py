import json

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.sources.gather import gather
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.planning.choice import choose_rule
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.fusion.planning.score_sources import find_score_files
from nnunet_deepstaple.fusion.rules.weighted import majority, spectral, weighted


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """labelsTr of a raw dataset, with empty results."""
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    folder = tmp_path / "nnUNet_raw/Dataset701_Mine/labelsTr"
    folder.mkdir(parents=True)
    return folder


def candidates(folder, images="ab", names="xyz"):
    return {image: [Candidate(image, name, folder / f"{image}__{name}.nii.gz") for name in names] for image in images}


def write(path, value=None, columns="agreement", cases=("a__x", "a__y", "a__z", "b__x", "b__y", "b__z")):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{case},{k / 10 if value is None else value}\n" for k, case in enumerate(cases)]
    path.write_text(f"case,{columns}\n" + "".join(rows))
    return path


def trained(raw, training="nnUNetTrainerDeepSTAPLE__nnUNetPlans__3d_fullres", fold=0, **options):
    results = raw.parents[2] / "nnUNet_results" / raw.parent.name
    return write(results / training / f"fold_{fold}" / "scores.csv", **options)


def choose(folder, **options):
    return choose_rule(Request([folder], folder / "out", **options), candidates(folder))


def test_none(raw):
    choice = choose(raw)
    assert choice.rule is spectral
    assert choice.notes == ["no scores.csv found, so the rule is spectral"]
    assert choice.weights["a"] == pytest.approx(np.full(3, 1 / 3))


def test_of_the_training(raw):
    path = trained(raw)
    choice = choose(raw)
    assert choice.rule is weighted
    assert choice.scored.files[0].file == str(path)
    assert choice.notes == [f"scores from {path}"]
    assert choice.weights["a"].argmax() == 2


def test_the_overlap_of_many_candidates_has_a_say(raw):
    def trust(names, **options):
        path = write(raw / "scores.csv", cases=[f"{image}__{name}" for image in "ab" for name in names])
        request = Request([raw], raw / "out", score_files=[path], **options)
        return choose_rule(request, candidates(raw, names=names)).score_trust

    assert trust("tuvwxyz") == 0.3
    assert trust("uvwxyz") == 1
    assert trust("tuvwxyz", score_trust=0.25) == 0.25
    assert trust("stuvwxyz", weights="power") == 1


def test_candidates_of_a_structure_are_counted_where_they_differ_in_what_they_annotate(raw):
    """Eight candidates an image, of which four annotate each of two structures, are few."""
    names = "stuvwxyz"
    path = write(raw / "scores.csv", cases=[f"{image}__{name}" for image in "ab" for name in names])
    said = raw / "sources.json"
    said.write_text(json.dumps({one: {"labels": {"ab"[place % 2]: place % 2 + 1}} for place, one in enumerate(names)}))
    found = candidates(raw, names=names)
    sources = gather(found, said, None)
    assert sources.annotators(found["a"]) == 4
    request = Request([raw], raw / "out", score_files=[path], sources=said)
    assert choose_rule(request, found, sources).score_trust == 1
    assert choose_rule(request, found).score_trust == 0.3


def test_images_that_nobody_trusts_are_said(raw):
    path = trained(raw, value=0)
    choice = choose(raw)
    assert choice.weights["a"] == pytest.approx(np.full(3, 1 / 3))
    assert choice.notes[0] == f"scores from {path}"
    assert "2 of 2 images have candidates that all score 0, such as 'a'" in choice.notes[1]


def test_beside_the_candidates_comes_first(raw):
    trained(raw)
    path = write(raw / "scores.csv")
    assert find_score_files([raw]) == [path]


def test_given_files_come_before_all(raw, tmp_path):
    write(raw / "scores.csv", value=0.5)
    path = write(tmp_path / "mine.csv")
    choice = choose(raw, score_files=[path])
    assert [file.file for file in choice.scored.files] == [str(path)]


def test_agreements_weigh_by_their_power(raw):
    path = write(raw / "scores.csv")
    choice = choose(raw)
    assert (choice.scored.weights, choice.scored.temperature) == ("power", 6)
    assert choice.weights["b"] == pytest.approx(np.array([3, 4, 5]) ** 6 / (3**6 + 4**6 + 5**6))
    write(path, columns="agreement_left")
    assert choose(raw, score="agreement_left").scored.weights == "power"


def test_folds_are_merged(raw):
    trained(raw, fold=0, cases=("a__x", "a__y", "a__z"))
    trained(raw, fold=1, cases=("b__x", "b__y", "b__z"))
    assert set(choose(raw).weights) == {"a", "b"}


def test_another_trainer_of_ours(raw):
    trained(raw, "nnUNetTrainerDeepSTAPLE_Adam1en3__nnUNetPlans__2d")
    assert choose(raw).rule is weighted


def test_several_trainings_are_listed(raw):
    trained(raw)
    trained(raw, "nnUNetTrainerDeepSTAPLE__nnUNetPlans__2d")
    with pytest.raises(InputError, match=r"several trainings.*-s.*2d/fold_\*/scores.csv.*3d_fullres/fold_\*"):
        choose(raw)


def test_results_need_not_be_set(raw, monkeypatch):
    monkeypatch.delenv("nnUNet_results")
    assert choose(raw).rule is spectral


def test_a_rule_without_scores_does_not_look_for_them(raw):
    trained(raw)
    choice = choose(raw, rule="majority")
    assert choice.rule is majority
    assert (choice.name, choice.own, choice.scored) == ("majority", False, None)


def test_a_rule_of_ones_own(raw):
    choice = choose(raw, rule=majority)
    assert (choice.name, choice.own) == ("nnunet_deepstaple.fusion.rules.weighted.majority", True)
    assert choice.weights["a"] == pytest.approx(np.full(3, 1 / 3))


def test_a_rule_of_ones_own_with_scores(raw):
    choice = choose(raw, rule=majority, score_files=[write(raw / "mine.csv")])
    assert choice.rule is majority
    assert choice.weights["a"].argmax() == 2
    assert choice.scored.score == "agreement"


def test_column_and_kind_of_weights(raw):
    path = write(raw / "mine.csv", columns="dice")
    choice = choose(raw, score_files=[path], score="dice", weights="power", temperature=1.0)
    assert choice.weights["b"] == pytest.approx(np.array([3, 4, 5]) / 12)
    assert choose(raw, score_files=[path], score="dice").scored.weights == "softmax"
    with pytest.raises(InputError, match=r"mine.csv: there is no score 'agreement'.*-score"):
        choose(raw, score_files=[path])


def test_a_negative_score_names_its_image(raw):
    with pytest.raises(InputError, match="image 'a': power"):
        choose(raw, score_files=[write(raw / "mine.csv", value=-1)], weights="power")


def test_a_case_without_a_score_is_named(raw):
    with pytest.raises(InputError, match=r"case 'b__x' \(.*b__x.nii.gz\) has no score"):
        choose(raw, score_files=[write(raw / "mine.csv", cases=("a__x", "a__y", "a__z"))])


def test_cases_named_otherwise_are_told_how(raw):
    with pytest.raises(InputError, match=r"no score \(but 'm/x/a' has: name each case <image>__<candidate>\) in"):
        choose(raw, score_files=[write(raw / "mine.csv", cases=("m/x/a", "m/y/a"))])


def test_cases_that_are_not_here_are_told(raw):
    cases = [f"{image}__{name}" for image in "abc" for name in "xyz"]
    choice = choose(raw, score_files=[write(raw / "mine.csv", cases=cases)])
    assert choice.notes == ["3 scored cases are not candidates here, such as 'c__x'"]
