"""A study whose workers train several networks at once, as on a GPU, from the question to the stored figures."""

import numpy as np
import pytest

import ridgepath as rp
from ridgepath import crew
from ridgepath.builders import TASK_NETWORK
from ridgepath.execution.gpus import TOGETHER
from ridgepath.progress import Watch
from ridgepath.results import Leg


def test_what_several_workers_remark_is_said_once(capsys):
    legs = [Leg(remarks=("Fewer at a time.",)), Leg(), Leg(remarks=("Fewer at a time.", "Slowly."))]
    with Watch() as watch:
        assert list(watch.follow(legs, trials=3, epochs=1)) == []
    assert capsys.readouterr().err.splitlines()[-2:] == ["Fewer at a time.", "Slowly."]


@pytest.mark.slow
def test_a_study_together_has_the_figures_of_one_trained_one_by_one(digits_file, tmp_path, monkeypatch):
    shards, plan = [], crew.plan_shards
    monkeypatch.setattr(crew, "plan_shards", lambda *given, **kw: shards.append(plan(*given, **kw)) or shards[-1])
    paths = []
    for together in ("0", "1"):
        monkeypatch.setenv(TOGETHER, together)
        ask = {"strengths": [1e-3, 1e-2, 0.1], "seeds": 2, "epochs": 2, "workers": 2, "study": tmp_path / together}
        paths.append(rp.fit_path(TASK_NETWORK, digits_file, **ask))
    assert [[len(shard.trials) for shard in each] for each in shards] == [[1] * 8, [4, 4]]
    one_by_one, at_once = (path.trials.drop(columns="seconds") for path in paths)
    numbers = one_by_one.select_dtypes("number").columns
    assert (at_once["status"] == "done").all()
    assert (at_once["engine"] == "jax").all()
    assert at_once[["variant", "strength", "seed"]].equals(one_by_one[["variant", "strength", "seed"]])
    np.testing.assert_allclose(at_once[numbers], one_by_one[numbers], rtol=1e-3, atol=1e-5)
    epochs = [path.epochs.select_dtypes("number") for path in paths]
    np.testing.assert_allclose(epochs[1], epochs[0], rtol=1e-3, atol=1e-5)
    assert paths[1].strength_min == pytest.approx(paths[0].strength_min)
