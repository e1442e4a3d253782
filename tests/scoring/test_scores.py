import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.scoring.scores import FIXED_COLUMNS, Scores, merge_scores, read_scores, require_any

from ..fuzz import damaged, fuzz, read_or_one_line

COLUMNS = [*FIXED_COLUMNS[4:], "agreement_liver"]


def table(**cases):
    scores = Scores(COLUMNS)
    for case, values in cases.items():
        scores.add(case, "train", values)
    return scores


def test_written_and_read(tmp_path):
    scores = table(b__x={"visits": 3, "agreement": 0.123456789}, a__x={"visits": 1, "data_parameter": -1e-5})
    scores.write(tmp_path / "scores.csv")
    lines = (tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == (
        "case,image,candidate,split,visits,data_parameter,agreement,mean_cost,foreground_voxels,agreement_liver"
    )
    assert lines[1] == "a__x,a,x,train,1,-0.00001,,,,"
    assert lines[2] == "b__x,b,x,train,3,,0.12345679,,,"
    again = read_scores(tmp_path / "scores.csv")
    assert again.columns == COLUMNS
    assert again.column("visits") == {"a__x": 1, "b__x": 3}
    assert math.isnan(again.column("agreement")["a__x"])
    assert again.splits == {"a__x": "train", "b__x": "train"}


def test_a_table_made_by_hand(tmp_path):
    (tmp_path / "mine.csv").write_bytes("\ufeffcase,dice\r\na__x,0.5\r\na__y,1e-3\r\n".encode())
    assert read_scores(tmp_path / "mine.csv").column("dice") == {"a__x": 0.5, "a__y": 0.001}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("case,dice\n", "not a score table"),
        ("image,dice\na,1\n", "not a score table"),
        ("case,dice\na__x,0.5\na__x,0.6\n", "a__x' twice"),
        ("case,dice\na__x,good\n", "'good' in column 'dice' in line 2"),
        ("case,dice\n,0.5\n", "row without a case"),
        ("case,dice\na__x,0,5\n", "more than the 2 columns"),
    ],
)
def test_tables_that_cannot_be(tmp_path, text, message):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_scores(tmp_path / "scores.csv")
    assert str(tmp_path / "scores.csv") in str(caught.value)


def test_a_missing_or_binary_file(tmp_path):
    with pytest.raises(InputError, match="is missing; put it back"):
        read_scores(tmp_path / "none.csv")
    (tmp_path / "scores.csv").write_bytes(b"\x9d\x00\xff")
    with pytest.raises(InputError, match="cannot be read"):
        read_scores(tmp_path / "scores.csv")


def test_cases_by_image_and_candidate_or_with_the_ending_of_their_files(tmp_path):
    told = []
    path = tmp_path / "mine.csv"
    path.write_text("Image;Candidate;Dice\np0;_x;0,25\n")
    assert read_scores(path, told.append).column("dice") == {"p0__%5Fx": 0.25}
    path.write_text("case,dice\np0__x.nii.gz,0.25\np0__y.nii.gz,0.5\n")
    assert read_scores(path, told.append).column("dice") == {"p0__x": 0.25, "p0__y": 0.5}
    assert ["no column 'case'" in told[2], "'.nii.gz' is not a part" in told[3], len(told)] == [True, True, 4]


def test_an_unknown_column():
    with pytest.raises(InputError, match="no score 'dice'; the columns are visits, data_parameter"):
        table().column("dice")


def test_merging_folds():
    one = table(a__x={"visits": 1, "agreement": 0.2}, a__y={"visits": 2, "agreement": 0.5})
    other = table(a__x={"visits": 3, "agreement": 0.6}, b__x={"visits": 4, "agreement": 0.9})
    merged = merge_scores([one, other])
    assert merged.column("visits") == {"a__x": 4, "a__y": 2, "b__x": 4}
    assert merged.column("agreement") == pytest.approx({"a__x": 0.5, "a__y": 0.5, "b__x": 0.9})


def test_a_number_that_one_fold_lacks_comes_from_the_others():
    merged = merge_scores([table(a__x={"visits": 5}), table(a__x={"visits": 1, "agreement": 0.3})])
    assert merged.column("agreement") == {"a__x": 0.3}
    assert math.isnan(merged.column("mean_cost")["a__x"])


def test_folds_without_visits_weigh_the_same():
    merged = merge_scores([table(a__x={"agreement": 0.2}), table(a__x={"agreement": 0.4})])
    assert merged.column("agreement") == pytest.approx({"a__x": 0.3})


def test_splits_that_differ():
    one, other = Scores(["visits"]), Scores(["visits"])
    one.add("a__x", "train", {})
    other.add("a__x", "val", {})
    assert merge_scores([one, other]).splits == {"a__x": "both"}


def test_names_that_a_spreadsheet_would_run(tmp_path):
    scores = Scores(["agreement", "agreement_=1+1"])
    scores.add("=cmd|x__-r", "train", {"agreement": 0.5, "agreement_=1+1": -0.5})
    scores.write(tmp_path / "scores.csv")
    cells = [cell for line in (tmp_path / "scores.csv").read_text().splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == ["-0.5"]
    assert read_scores(tmp_path / "scores.csv") == scores


cells = st.text(st.sampled_from(list('ab_01.,;"\n -%=é')), max_size=6) | st.sampled_from(["a__x", "train", "inf", "NA"])
rows = st.lists(st.lists(cells, max_size=6).map(",".join), max_size=4).map("\n".join)
heads = st.sampled_from(["case,visits,agreement", "image;candidate;dice", "case,image,candidate,split,visits,dice"])


@fuzz
@given(
    content=st.tuples(heads, rows).map(lambda parts: "\n".join(parts).encode())
    | damaged(b"case,split,visits,agreement\na__x,train,3,0.5\nb__x,val,,0.25\n")
)
def test_any_content(tmp_path, content):
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    scores = read_or_one_line(read_scores, path)
    if isinstance(scores, Scores):
        assert merge_scores([scores, scores]).values.keys() == scores.values.keys()


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("m/a/001.nii.gz", "it names 'm/a/001.nii.gz'; name each case <image>__<candidate>"),
        ("1__a", "its '1__a' has lost zeros in a spreadsheet"),
        ("002__a", "it names '002__a'; .* give their scores with -s"),
    ],
)
def test_a_table_of_other_cases_is_refused(tmp_path, named, words):
    scores = Scores(["agreement"])
    scores.add(named, "train", {"agreement": 0.5})
    with pytest.raises(InputError, match=f"scores none of the candidates, such as '001__a'; {words}"):
        require_any(tmp_path / "s.csv", scores, ["001__a", "001__b"])
    require_any(tmp_path / "s.csv", scores, ["001__a", named])
