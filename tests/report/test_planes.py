import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.report.planes import Plane, cut, planes_of, set_scene


def label_map() -> np.ndarray:
    """A head, feet and left that differ, in LPS order (z, y, x)."""
    labels = np.zeros((20, 24, 28), np.uint8)
    labels[8:12, 9:14, 10:17] = 1
    labels[12, 9, 10:12] = 2
    return labels


@pytest.mark.parametrize("letters", ["LPS", "RAS", "SRA", "PIR"])
def test_pictures_do_not_depend_on_how_an_image_is_stored(letters):
    image = sitk.GetImageFromArray(label_map())
    image.SetSpacing((1.0, 2.0, 3.0))
    turned = sitk.DICOMOrient(image, letters)
    scenes, grey = [], []
    for one in (image, turned):
        votes, values = collect_votes([sitk.GetArrayFromImage(one)]), sitk.GetArrayFromImage(one)
        scenes.append(set_scene(votes, Geometry.of(one)))
        grey.append(cut(values, votes, Geometry.of(one)))
        assert (votes.labels[votes.patterns[scenes[-1].codes, 0]] == grey[-1]).all()
    np.testing.assert_array_equal(*grey)
    assert scenes[0].spacing == scenes[1].spacing == (3, 2, 1)
    assert scenes[0].first == scenes[1].first


def test_superior_is_up_and_left_is_right():
    image = sitk.GetImageFromArray(label_map())
    votes = collect_votes([label_map()])
    scene = set_scene(votes, Geometry.of(image))
    axial, coronal, sagittal = planes_of(scene, np.zeros(len(votes.patterns)))
    labels = votes.labels[votes.patterns[:, 0]][scene.codes]
    head = coronal.stack(labels)
    of_two = np.argwhere(head == 2)[0]
    of_one = np.argwhere(head[of_two[0]] == 1).mean(axis=0)
    assert of_two[1] < of_one[0], "what is superior is drawn above"
    assert of_two[2] < of_one[1], "what is to the patient's right is drawn on the left"
    assert (axial.name, coronal.name, sagittal.name) == ("axial", "coronal", "sagittal")


def test_the_slice_with_the_most_disagreement_comes_first():
    one, other = label_map(), label_map()
    other[9, 9:14, 10:17] = 0
    votes = collect_votes([one, other])
    scene = set_scene(votes, Geometry.axis_aligned(one.shape[::-1]))
    disagreement = (votes.patterns[:, 0] != votes.patterns[:, 1]) * 0.5
    axial = planes_of(scene, disagreement)[0]
    assert scene.first[0] + axial.slices[axial.worst] == 9


def test_large_images_are_thinned_out():
    votes = collect_votes([np.ones((2, 1500, 1500), np.uint8)])
    scene = set_scene(votes, Geometry.axis_aligned((1500, 1500, 2)))
    axial = planes_of(scene, np.zeros(len(votes.patterns)))[0]
    assert axial.sheet(scene.codes).size < 300_000


def test_an_empty_image_is_shown_whole():
    votes = collect_votes([np.zeros((4, 5, 6), np.uint8)])
    scene = set_scene(votes, Geometry.axis_aligned((6, 5, 4)))
    assert scene.codes.shape == (4, 5, 6)
    assert [len(plane.slices) for plane in planes_of(scene, np.zeros(1))] == [1, 1, 1]


def test_a_2d_image_lies_as_it_is_stored():
    labels = np.zeros((30, 40), np.uint8)
    labels[3:9, 20:30] = 1
    votes = collect_votes([labels])
    scene = set_scene(votes, Geometry.axis_aligned((40, 30)))
    (plane,) = planes_of(scene, np.zeros(len(votes.patterns)))
    assert plane == Plane("image", 0, [0], 0, 1)
    np.testing.assert_array_equal(cut(labels, votes, Geometry.axis_aligned((40, 30)))[0], plane.sheet(scene.codes) > 0)
