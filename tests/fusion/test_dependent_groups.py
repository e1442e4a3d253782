import msgspec

from nnunet_deepstaple.fusion.dependent_groups import dependent_groups, shown_groups

from .record.examples import FOUR_CANDIDATES as RECORD


def with_dependence(**pairs):
    return msgspec.structs.replace(RECORD, dependence=pairs)


def test_candidates_that_err_together_on_most_images_are_a_group():
    images = {"one": with_dependence(a={"b": 1.0}), "two": with_dependence(a={"b": 0.8}, c={"d": 0.4})}
    (group,) = dependent_groups(images)
    assert group.names == ["a", "b"]
    assert str(group) == "candidates a, b err together; they have the weight of 1.1 voters, not of 2"


def test_one_image_of_many_makes_no_group():
    images = {str(number): RECORD for number in range(9)} | {"last": with_dependence(a={"b": 1.0})}
    assert dependent_groups(images) == []


def test_many_groups_are_counted():
    names = [f"c{number:02d}" for number in range(24)]
    pairs = {names[place]: {names[place + 1]: 1.0} for place in range(0, 24, 2)}
    record = msgspec.structs.replace(RECORD, candidates=names, dependence=pairs)
    sentences = shown_groups(dependent_groups({"one": record}))
    assert len(sentences) == 11
    assert sentences[-1].startswith("2 more groups")
