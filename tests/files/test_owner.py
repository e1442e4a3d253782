import subprocess
import sys
from dataclasses import replace

from nnunet_deepstaple.files.owner import Owner, myself


def test_a_process_is_alive_until_it_has_ended():
    child = subprocess.Popen(
        [sys.executable, "-c", "from nnunet_deepstaple.files.owner import myself; print(myself().mark); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    owner = Owner.of_mark(child.stdout.readline().strip())
    assert owner is not None
    assert not owner.is_gone
    child.communicate("\n")
    assert owner.is_gone


def test_a_number_that_was_given_again_and_another_machine():
    own = myself()
    assert Owner.of_mark(own.mark) == own
    assert not own.is_gone
    assert replace(own, began=own.began + 1).is_gone
    assert not replace(own, began=own.began + 1, machine="0123abcd").is_gone
    assert Owner.of_mark("12") is None
