import subprocess
import sys


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "precious").touch()
    main = "from nnunet_deepstaple.commands.demo import main; main()"
    command = [sys.executable, "-c", main, "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path} exists and is not a demo; give another folder with -o\n"
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
