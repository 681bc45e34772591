"""Ctrl-C ends the program, also where Python itself would forget it. Kills at random moments are in ``test_kills``."""

import subprocess
import sys

PROGRAM = """
import signal, sys, threading
from ridgepath.cli import program

class Garbage:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def app(**_):
    Garbage()
    threading.Event().wait(60)

signal.signal(signal.SIGINT, signal.default_int_handler)
program.app = app
program.main([])
"""


def test_an_interruption_while_garbage_is_collected_is_none_the_less_one():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted before training; nothing was written.\n")
