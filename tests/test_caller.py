"""The caller's own process needs no setting, whatever its Keras runs on."""

import subprocess
import sys

PROGRAM = """
import os
os.environ["KERAS_BACKEND"] = "numpy"
import keras
import numpy as np
import ridgepath as rp
{guard}
before = dict(os.environ)

WIDTH = 4

def network(strength):
    hidden = keras.layers.Dense(WIDTH, "relu", kernel_regularizer=keras.regularizers.L2(strength))
    model = keras.Sequential([hidden, keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

def data():
    generator = np.random.default_rng(0)
    return [(generator.normal(size=(40, 5)), generator.integers(0, 3, 40)) for _ in range(2)]

def go():
    path = rp.fit_path(network, data(), strengths=[0.1], seeds=1, epochs=1, study="study", progress=False)
    assert len(path.trials) == 2 and set(path.trials["engine"]) == {{"jax"}}, path.trials
    assert "test_data_loss" not in path.trials.columns
    assert keras.backend.backend() == "numpy" and dict(os.environ) == before
    print("fine")
{call}
"""


def run(tmp_path, program, **settings):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", *program], capture_output=True, text=True, cwd=tmp_path, **settings
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "fine\n"


def test_in_a_script_without_a_guard_whose_keras_runs_on_another_backend(tmp_path):
    (tmp_path / "script.py").write_text(PROGRAM.format(guard="", call="go()"))
    run(tmp_path, ["script.py"])


def test_with_a_function_that_has_no_file_as_in_a_notebook(tmp_path):
    run(tmp_path, ["-"], input=PROGRAM.format(guard="", call="go()"))
