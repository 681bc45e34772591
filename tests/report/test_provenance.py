from synthetic import make_study, make_summary

from ridgepath.report.provenance import facts


def test_what_was_trained_on_what_is_listed():
    known = dict(facts(make_summary(make_study(test=0, seeds=3))))
    assert known["Examples"] == "3,000 training, 1,000 validation, no test"
    assert (known["Seeds"], known["Training"]) == ("0, 1, 2", "15 epochs, batch size 32")
    assert (known["Engine"], known["Time"], known["keras"]) == ("jax", "42 s", "3.15.1")


def test_the_context_adds_what_is_not_known_and_not_empty():
    listed = facts(make_summary(context={"data": "again", "command": "ridgepath run", "parameters": ""}))
    assert [name for name, _ in listed].count("Data") == 1
    assert listed[-1] == ("command", "ridgepath run")
