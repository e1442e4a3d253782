from nnunet_deepstaple.files.provenance import FileRecord


def test_a_relative_path_and_its_hash(tmp_path, monkeypatch):
    (tmp_path / "scores.csv").write_text("abc")  # FIPS 180-4's example
    monkeypatch.chdir(tmp_path)
    assert FileRecord.of((tmp_path / "scores.csv").relative_to(tmp_path)) == FileRecord(
        str(tmp_path / "scores.csv"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
