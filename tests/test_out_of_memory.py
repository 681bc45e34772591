"""Memory that does not suffice for two workers, in earnest: the kernel ends one, and the other does all the work."""

import os
import subprocess
import sys

import pytest

from ridgepath.execution.local import killed_for_memory
from ridgepath.store import StudyStore
from small_machine import limited_memory

pytestmark = pytest.mark.slow

LARGE = """
import keras
import numpy as np

kept = []


def build(strength):
    if not kept:
        kept.append(np.ones(900 * 2**20 // 8))  # 900 MiB, once a worker
    dense = keras.layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(strength))
    model = keras.Sequential([keras.layers.Flatten(), dense, keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""


def run(place, within):
    (place / "net.py").write_text(LARGE)
    asked = ["--strengths", "0,1e-3", "--seeds", "2", "--epochs", "2", "--study", "study", "--workers", "2"]
    program = [*within, sys.executable, "-m", "ridgepath", "run", "net.py:build", *asked]
    return subprocess.run(program, cwd=place, capture_output=True, text=True, check=False)


def test_there_is_one_worker_less_and_it_is_said(tmp_path):
    """The program itself needs about 0.3 GiB, and a worker 0.4 and the 0.9 of its network."""
    before = killed_for_memory()
    with limited_memory(f"ridgepath-{os.getpid()}", megabytes=2200) as within:
        done = run(tmp_path, within)
    assert killed_for_memory() > before
    assert "Memory ran out: 1 worker from here on, not 2." in " ".join(done.stderr.split())
    assert done.returncode == 0
    assert len(StudyStore.open(tmp_path / "study").finished()) == 4


def test_a_network_that_never_fits_is_an_error_and_not_a_traceback(tmp_path):
    with limited_memory(f"ridgepath-{os.getpid()}", megabytes=1000) as within:
        done = run(tmp_path, within)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].endswith("died 3 times before training began (memory ran out)")
