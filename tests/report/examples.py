"""Numbers of images for tests of what is made of them."""

from nnunet_deepstaple.report.numbers import ImageNumbers, LabelMapNumbers


def candidate(name="a", score=0.8, **values) -> LabelMapNumbers:
    given = {
        "weight": 0.5,
        "dice": 0.9,
        "volumes": {"1": 10.0},
        "sensitivity": 0.9,
        "specificity": 0.8,
        "without": 0.99,
    }
    return LabelMapNumbers(name=name, score=score, **given | values)


def image_numbers(image="image0", candidates=(), **values) -> ImageNumbers:
    given = {
        "page": image,
        "predictions": [],
        "volumes": {"1": 10.0},
        "effective": 2.0,
        "disputed": 0.3,
        "expected_error": 0.1,
        "confirmed": None,
    }
    return ImageNumbers(image=image, candidates=list(candidates), **given | values)
