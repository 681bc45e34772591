"""More seeds where they decide: on a study of real digits, small enough that some differences stay open."""

import dataclasses

import numpy as np
import pytest

import ridgepath as rp
from ridgepath import deciding
from ridgepath.builders import TASK_NETWORK
from ridgepath.errors import InputError, Interrupted
from ridgepath.progress import Watch
from ridgepath.store import StudyStore

pytestmark = pytest.mark.usefixtures("standing_worker")
SETTINGS = {"strengths": [1e-4, 1e-3, 1.0], "seeds": 3, "epochs": 2, "progress": False}


@pytest.fixture(scope="module")
def folder(digits_file, tmp_path_factory):
    return rp.fit_path(TASK_NETWORK, str(digits_file), study=tmp_path_factory.mktemp("s") / "study", **SETTINGS).folder


@pytest.fixture
def study(folder, tmp_path):
    (tmp_path / "study.db").write_bytes((folder / "study.db").read_bytes())
    return tmp_path


def seeds_of(path):
    return path.trials.groupby("strength")["seed"].apply(list).to_dict()


def test_seeds_are_added_only_to_what_is_open_and_what_was_trained_stays(study, capfd):
    before = rp.open_study(study).trials
    path = rp.resume(study, until="decided", max_seeds=7, margin=1e-6)
    seeds, said = seeds_of(path), capfd.readouterr().err
    assert "Open after 3 seeds: " in said
    assert "Training these with 3 more." in said
    assert seeds[1.0] == [0, 1, 2], "1 is worse for sure, and gets no more seeds"
    assert max(map(len, seeds.values())) in (6, 7)
    assert seeds[0.0] == list(range(len(seeds[0.0])))
    again = path.trials.merge(before, on=["strength", "seed"], suffixes=("", "_before"))
    assert (again["val_data_loss"] == again["val_data_loss_before"]).all()
    assert len(again) == len(before) == 12
    summary = path.summary()
    looks = {each.strength[1]: each.look for each in summary.comparisons if each.against == ("l2", 0.0)}
    assert (looks[1.0], max(looks.values())) == (1, len(path.study.looks))
    assert {(point.strength, point.missing) for point in summary.points} == {(s, 0) for s in seeds}
    assert any("3 to 7 seeds" in note or "3 to 6 seeds" in note for note in summary.notes)


def test_what_is_decided_trains_nothing_and_says_so(study, capfd):
    path = rp.resume(study, until="decided", max_seeds=50, margin=100.0)
    assert {each.verdict for each in path.summary(margin=100.0).comparisons} <= {"better", "worse", "equivalent"}
    assert len(path.trials) == 12
    assert path.study.looks == ((0, 1, 2),)
    assert "All comparisons are decided, with up to 3 seeds." in capfd.readouterr().err


def test_what_is_missing_is_trained_before_the_first_look(study):
    store = StudyStore.open(study)
    store.grow(dataclasses.replace(store.study, seeds=(0, 1, 2, 3)))
    path = rp.resume(study, until="decided", max_seeds=4, margin=100.0, progress=False)
    assert len(path.trials) == 16
    assert path.study.looks == ((0, 1, 2, 3),)


def test_at_the_most_seeds_it_ends_and_names_what_is_open(study, capfd):
    path = rp.resume(study, until="decided", max_seeds=3, margin=1e-6)
    assert len(path.trials) == 12
    assert "Still open after 3 seeds, where 3 are allowed: " in capfd.readouterr().err
    assert len(rp.resume(study, until="decided", max_seeds=2, margin=1e-6).trials) == 12
    assert "Still open after 3 seeds, where 2 are allowed: " in capfd.readouterr().err


def test_what_was_not_trained_gets_the_seeds_of_others_though_there_are_to_be_no_more(study, capfd):
    store = StudyStore.open(study)
    some = store.study.looked_at().with_another_look([("l2", 0.0), ("l2", 1.0)], more=2)
    store.grow(some)
    path = rp.resume(study, until="decided", max_seeds=5, margin=1e-6)
    said = " ".join(capfd.readouterr().err.split())
    assert "Training these with the seeds that others have." in said
    assert seeds_of(path)[0.0] == seeds_of(path)[1e-4] == [0, 1, 2, 3, 4]
    assert path.study.looks == ((0, 1, 2), (3, 4))
    assert {each.look for each in path.summary().comparisons if each.seeds == 5} == {2}


def ending_of(study, changed, monkeypatch, capfd):
    """What is said at the end where the losses in the file are other ones."""
    plain = StudyStore.results
    monkeypatch.setattr(StudyStore, "results", lambda store: changed(plain(store)))
    with Watch() as watch:
        request = rp.api.request_of(StudyStore.open(study))
        deciding.run_until_decided(request, study, watch, most=20, terms=deciding.Terms(margin=1e6))
    return " ".join(capfd.readouterr().err.split())


def test_strengths_that_cannot_be_compared_are_not_called_open(study, monkeypatch, capfd):
    def without_one(results):
        results.example_losses["validation"][results.trials["strength"] == 1.0] = np.nan
        return results

    said = ending_of(study, without_one, monkeypatch, capfd)
    assert "Not to be compared, for no seed has finite losses at both: 1 against 0" in said
    assert "would not help" not in said
    assert "decided, with" not in said


def test_one_strength_leaves_nothing_to_decide(digits_file, tmp_path, capfd):
    settings = {"strengths": [1e-3], "zero": False, "seeds": 1, "epochs": 1, "progress": False}
    rp.fit_path(TASK_NETWORK, str(digits_file), study=tmp_path / "s", **settings)
    rp.resume(tmp_path / "s", until="decided")
    assert "There is nothing to compare." in capfd.readouterr().err


def test_an_interrupted_look_is_finished_by_resume(study, monkeypatch):
    plain_run = deciding.run

    def interrupted_once(request, watch, **settings):
        grown = StudyStore.open(study)
        grown.grow(request.study(rp.datasets.load_dataset(request.data)))
        raise Interrupted(study, done=12, total=20)

    monkeypatch.setattr(deciding, "run", interrupted_once)
    with pytest.raises(Interrupted):
        rp.resume(study, until="decided", max_seeds=6, margin=1e-6, progress=False)
    monkeypatch.setattr(deciding, "run", plain_run)
    planned = rp.open_study(study)
    missing = {point.strength: point.missing for point in planned.summary().points}
    assert missing[1.0] == 0
    assert missing[0.0] == 3
    assert any("Not trained yet" in note for note in planned.summary().notes)
    whole = rp.resume(study, progress=False)
    assert (len(whole.trials), whole.study.looks) == (len(whole.study.trials), ((0, 1, 2), (3, 4, 5)))


def test_seeds_that_cannot_help_are_not_trained(study, monkeypatch, capfd):
    """Noise of the examples that no number of seeds overcomes is put into the losses that the file holds."""
    plain = StudyStore.results

    def noisy(store):
        results = plain(store)
        rng = np.random.default_rng(0)
        for row, strength in enumerate(results.trials["strength"]):
            own = np.random.default_rng(int(strength * 1e5)).normal(size=100)
            results.example_losses["validation"][row] = 1 + own + 1e-3 * rng.normal(size=100)
        return results

    monkeypatch.setattr(StudyStore, "results", noisy)
    with Watch() as watch:
        request = rp.api.request_of(StudyStore.open(study))
        deciding.run_until_decided(request, study, watch, most=20, terms=deciding.Terms(margin=1e-6))
    said = capfd.readouterr().err
    assert "more seeds would not help: " in said
    assert "Training" not in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"until": "tired"}, "until is decided or nothing; received 'tired'"),
        ({"until": "decided", "seeds": 9}, "until decided adds the seeds itself"),
        ({"until": "decided", "max_seeds": 1}, "the most seeds must be a whole number of at least 2; received 1."),
        ({"max_seeds": 9}, "the most seeds go with until decided; received 9."),
        ({"until": "decided", "margin": -1.0}, "the margin of equivalence must be >= 0 and finite; received -1.0."),
    ],
)
def test_what_is_asked_wrongly_is_said_and_nothing_is_written(study, arguments, says):
    before = (study / "study.db").read_bytes()
    with pytest.raises(InputError) as error:
        rp.resume(study, progress=False, **arguments)
    assert says in str(error.value)
    assert (study / "study.db").read_bytes() == before
