import msgspec

from nnunet_deepstaple.report.dependence import draw_dependence
from nnunet_deepstaple.report.pages import Frame, sources_page

from ..fusion.record.examples import FOUR_CANDIDATES as RECORD

TWINS = msgspec.structs.replace(RECORD, dependence={"b": {"d": 0.9}, "a": {"c": 0.3}})


def test_groups_stand_side_by_side_before_the_others():
    picture = draw_dependence({"one": TWINS})
    assert picture is not None
    assert picture.names == ["b", "d", "a", "c"]
    shades = {cell.title: cell.shade for cell in picture.cells}
    assert (shades["b, b"], shades["b, d"], shades["a, c"], shades["a, b"]) == (1, 0.9, 0.3, 0)
    assert picture.groups == ["candidates b, d err together; they have the weight of 1.1 voters, not of 2"]


def test_independent_candidates_have_no_picture():
    assert draw_dependence({"one": RECORD}) is None
    assert draw_dependence({}) is None


def test_names_from_files_stay_text_on_the_page():
    named = msgspec.structs.replace(RECORD, candidates=["<b>", "b", "c", "d"], dependence={"<b>": {"b": 1.0}})
    frame = Frame("key", "spectral", "", {}, has_truth=False)
    page = sources_page(frame, [], [], {}, draw_dependence({"one": named}))
    assert "&lt;b&gt;, b" in page
    assert "<b>" not in page
