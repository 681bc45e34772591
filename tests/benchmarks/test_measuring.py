"""Runs of programs: what they printed, that they failed, and that they are ended when their time is up."""

import json
import sys

import psutil
import pytest
from measuring import ProgramError, measure
from roster import PEERS, command
from workloads import WORKLOADS, trials_of, write_data


def test_a_run_has_its_output_and_environment():
    found = measure([sys.executable, "-c", "import os; print(os.environ['MARK'])"], {"MARK": "here"}, cap=60.0)
    assert (found.printed, found.in_time) == ("here\n", True)
    assert found.seconds > 0


def test_a_failure_says_what_the_program_said():
    with pytest.raises(ProgramError, match="exit code 3:\nbecause"):
        measure([sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(3)"], {}, cap=60.0)


def test_a_run_over_its_cap_is_ended_with_all_that_it_started(tmp_path):
    file = tmp_path / "child"
    found = measure(["sh", "-c", f"tail -f /dev/null & echo $! > '{file}'; wait"], {}, cap=1.0)
    assert not found.in_time
    child = int(file.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if peer.own])
def test_peers_of_this_environment_train_what_they_are_asked_for(name, tmp_path):
    """The other peers need an environment of their own; `make bench` runs them."""
    workload, trials = WORKLOADS["digits"], trials_of(4, round_number=0)
    data = write_data(workload, tmp_path)
    words = command(name, workload, trials, data=data, epochs=1, folder=tmp_path, python="none")
    environment = {key: value.format(folder=tmp_path) for key, value in PEERS[name].environment.items()}
    printed = json.loads(measure(words, environment, cap=300.0).printed)
    if PEERS[name].program:
        assert [(strength, seed) for strength, seed, _ in printed] == [(s, 0) for s in trials.strengths]
        assert all(0 < loss < 1 for *_, loss in printed)
    else:
        assert [point["strength"] for point in printed["path"]] == list(trials.strengths)
        assert (tmp_path / "study" / "report.html").exists()
