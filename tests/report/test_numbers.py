from nnunet_deepstaple.report.numbers import TruthNumbers, from_json, to_json

from .examples import candidate, image_numbers


def test_numbers_come_back():
    numbers = image_numbers(
        candidates=[candidate("<b>", None, specificity=None), candidate("ü", rating="poor")],
        predictions=[candidate("fold_0/predictions")],
        warnings=["a & b"],
        rating="accept",
        truth={"consensus": TruthNumbers({"1": 0.5}, {"1": None})},
    )
    assert from_json(to_json(numbers)) == numbers
    assert numbers.scores == [0.8]
    assert numbers.volume == 10
