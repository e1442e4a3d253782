from nnunet_deepstaple.wording import counted, span


def test_a_number_and_its_noun():
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert counted(2, "label map is", "label maps are") == "2 label maps are"


def test_smallest_and_largest():
    assert [span([3]), span([5, 3, 4])] == ["3", "3 to 5"]
