from nnunet_deepstaple.wording import counted, first_of, span


def test_a_number_and_its_noun():
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert counted(2, "label map is", "label maps are") == "2 label maps are"


def test_smallest_and_largest():
    assert [span([3]), span([5, 3, 4])] == ["3", "3 to 5"]


def test_the_first_of_many_notes():
    assert first_of([]) == []
    assert first_of(["a is odd"]) == ["a is odd"]
    assert first_of(["a is odd", "b is odd"]) == ["a is odd; so is 1 more file"]
    assert first_of(["a is odd", "b is odd", "c is odd"]) == ["a is odd; so are 2 more files"]
