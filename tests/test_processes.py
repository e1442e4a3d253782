import os
import signal
import subprocess
import sys

import pytest

from nnunet_deepstaple.errors import InputError, RunError
from nnunet_deepstaple.processes import available_processors, each

from .machine import kills


def square(number):
    return number**2


def refuse_three(number):
    if number == 3:
        raise InputError("three is no number")
    return number


def fail_at_three(number):
    return 1 / (number - 3)


def die_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leave_at_three(number):
    if number == 3:
        os._exit(7)
    return number


def items(count=6):
    return {f"item{number}": number for number in range(count)}


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_every_item_once(processes):
    results = list(each(square, items(), processes))
    assert sorted(results) == [(f"item{number}", number**2) for number in range(6)]


@pytest.mark.parametrize("processes", [1, 2])
def test_nothing_to_do(processes):
    assert list(each(square, {}, processes)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_wrong_input(processes):
    with pytest.raises(InputError, match="three is no number"):
        list(each(refuse_three, items(), processes))


def test_a_fault_is_shown_with_its_traceback():
    with pytest.raises(RunError, match=r"(?s)'item3' failed in its process.*fail_at_three.*ZeroDivisionError"):
        list(each(fail_at_three, items(), 2))


@kills
def test_a_process_that_is_killed_is_named():
    with pytest.raises(RunError, match="'item3' was ended by SIGKILL"):
        list(each(die_at_three, items(), 2))


def test_a_process_that_leaves_is_named():
    with pytest.raises(RunError, match="'item3' ended with status 7"):
        list(each(leave_at_three, items(), 2))


def test_the_rest_is_dropped_when_nobody_listens():
    results = each(square, items(50), 2)
    next(results)
    results.close()


def test_available_processors():
    assert 1 <= available_processors() <= 8


ENDED = """
import os, signal
from multiprocessing import Pipe
from nnunet_deepstaple.process_pool import _serve
ours, theirs = Pipe()
ours.close()
_serve(theirs, abs)
os.kill(os.getpid(), signal.SIGTERM)
print("ended")
"""


@kills
def test_a_worker_that_has_ended_cannot_be_disturbed():
    done = subprocess.run([sys.executable, "-c", ENDED], text=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == ("ended\n", "")
