"""Study files say what the command line can say, the same way; every mistake in one is said in a line."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from asking import AskedError, asked, question_of
from ridgepath import api
from ridgepath.cli import app, main
from ridgepath.cli.study_file import read_study_file, settings_of
from ridgepath.cli.training import compare, run
from ridgepath.errors import InputError
from ridgepath.toml import toml_key, toml_value

NETWORK = "def build(l2=0.0, dropout=0.0, width=8):\n    pass\n"
EVERYTHING = """
build = "net.py:build"
vary = { l2 = [0.001, 1e-5], dropout = "0.1:0.5:3" }
zero = false
data = "table.csv"
target = "price"
weight = "w"
validation-data = "more/val.csv"
test-data = "more/test.csv"
validation-share = 0.25
test-share = 0.125
validation = "folds:5"
seeds = [3, 5]
epochs = 7
batch-size = 16
study = "kept/here"
early-stopping = { patience = 3, min_delta = 1e-4, mode = "min", restore_best_weights = true }
keep = "best"
class-weight = { 0 = 1, 3 = 2.5 }
workers = 3
on = "ray://head:10001"
engine = "reference"
until = "decided"
max-seeds = 9
log = ["tensorboard", "mlflow=somewhere"]
margin = 0.01
json = true
"""
THE_SAME = [
    *("run", "net.py:build", "--vary", "l2=0.001,1e-5", "--vary", "dropout=0.1:0.5:3", "--no-zero"),
    *("--data", "table.csv", "--target", "price", "--weight", "w"),
    *("--validation-data", "more/val.csv", "--test-data", "more/test.csv"),
    *("--validation-share", "0.25", "--test-share", "0.125", "--validation", "folds:5"),
    *("--seeds", "3,5", "--epochs", "7", "--batch-size", "16", "--study", "kept/here"),
    *("--early-stopping", "patience=3,min_delta=1e-4,mode=min,restore_best_weights=true", "--keep", "best"),
    *("--class-weight", "0=1,3=2.5", "--workers", "3", "--on", "ray://head:10001", "--engine", "reference"),
    *("--until", "decided", "--max-seeds", "9", "--margin", "0.01", "--json"),
    *("--log", "tensorboard", "--log", "mlflow=somewhere"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder, text, name="study.toml"):
    (folder / name).write_text(text)
    return folder / name


def complaint(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    [line] = printed.err.splitlines()
    return line


@pytest.mark.parametrize("command", [run, compare])
def test_every_option_has_a_key_and_every_key_an_option(command):
    options = get_command(app).commands[command.__name__].params
    named = {opt.removeprefix("--"): each.name for each in options for opt in each.opts if opt.startswith("--")}
    found = {setting.key: setting.name for setting in settings_of(command)}
    assert (found.pop("build"), found.pop("compare")) == ("build", "compare")
    assert found == named
    assert len(named) == len([each for each in options if each.opts[0].startswith("-")])


def test_all_that_the_command_line_can_say_is_said_the_same_way(here, monkeypatch):
    file = written(here, EVERYTHING)
    either = {"strengths", "compare"}
    assert set(read_study_file(file, run)) == {setting.name for setting in settings_of(run)} - either
    assert question_of(asked(["run", "study.toml"], monkeypatch)) == question_of(asked(THE_SAME, monkeypatch))


def test_margin_json_and_until_reach_what_is_done_with_them(here, monkeypatch):
    done = {}

    class Trained:
        folder = here / "kept"

        def report(self, **terms):
            done["reported"] = terms

        def summary(self, **_):
            return type("Summary", (), {"to_json": dict})

    monkeypatch.setattr(api, "fit_request", lambda _, **named: Trained())
    monkeypatch.setattr(api, "resume", lambda folder, **named: done.update(folder=folder, **named) or Trained())
    app(["run", str(written(here, EVERYTHING))], standalone_mode=False)
    assert done == {
        "folder": here / "kept",
        "until": "decided",
        "max_seeds": 9,
        "margin": 0.01,
        "workers": 3,
        "on": "ray://head:10001",
        "progress": False,
        "log": ["tensorboard", "mlflow=somewhere"],
        "reported": {"margin": 0.01},
    }


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--seeds", "2"], {"seeds": (0, 1)}),
        (["--epochs", "15"], {"epochs": 15}),
        (["--engine", "auto", "--keep", "last"], {"engine": "auto", "keep": "last"}),
        (["--validation", "fixed"], {"validation": "fixed"}),
        (["--class-weight", "balanced"], {"class_weight": "balanced"}),
    ],
)
def test_the_command_line_wins_also_where_it_says_the_default(here, monkeypatch, options, changed):
    written(here, EVERYTHING)
    before = question_of(asked(["run", "study.toml"], monkeypatch))
    assert before != before | changed
    assert question_of(asked(["run", "study.toml", *options], monkeypatch)) == before | changed
    assert question_of(asked(["run", *options, "study.toml"], monkeypatch)) == before | changed


def test_paths_are_relative_to_the_file(here, monkeypatch):
    written(here, EVERYTHING)
    from_here = question_of(asked(["run", "study.toml"], monkeypatch))
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    from_there = question_of(asked(["run", "../study.toml"], monkeypatch))
    assert from_there.pop("folder").resolve() == here / from_here.pop("folder")
    assert from_there == from_here


def test_names_of_data_sets_and_networks_are_no_paths(here, monkeypatch):
    written(here, 'build = "penalties-network"\nvary.l2 = [0.1]\ndata = "digits"')
    request = asked(["run", "study.toml"], monkeypatch)
    assert (request.builder.card.location, request.data.location) == ("penalties-network", "digits")


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("strengths = [1e-4, 0.1]", "--strengths=1e-4,0.1"),
        ('strengths = "1e-5:1e-1:4"', "--strengths=1e-5:1e-1:4"),
        ('strengths = "auto"', "--strengths=auto"),
        ("seeds = 2", "--seeds=2"),
        ("early-stopping = 3", "--early-stopping=3"),
        ('early-stopping.monitor = "val_accuracy"', "--early-stopping=monitor=val_accuracy"),
        ('class-weight = "balanced"', "--class-weight=balanced"),
        ('target = ["price"]', "--target=price"),
        ("[vary]\nl2 = [0.1]", "--vary=l2=0.1"),
    ],
)
def test_an_option_may_be_said_in_several_forms(here, monkeypatch, line, option):
    written(here, f'build = "net.py"\n{line}')
    expected = asked(["run", "net.py", option], monkeypatch)
    assert question_of(asked(["run", "study.toml"], monkeypatch)) == question_of(expected)


def test_a_list_of_one_seed_is_that_seed(here, monkeypatch):
    written(here, "seeds = [7]")
    assert asked(["run", "study.toml"], monkeypatch).seeds == (7,)


class TestCompare:
    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("compare = []", []),
            ('compare = ["l2"]', ["l2"]),
            ('build = "net.py:build"\ncompare = []', ["net.py:build"]),
            ('build = "net.py:build"\ncompare = ["l2"]\nvary.width = [3]', ["net.py:build", "l2", "--vary", "width=3"]),
            ('compare = ["l2"]\nvary.l2 = [3]\nepochs = 2', ["l2", "--vary", "l2=3", "--epochs", "2"]),
        ],
    )
    def test_run_and_compare_ask_of_it_what_compare_asks(self, here, monkeypatch, text, arguments):
        written(here, text)
        expected = question_of(asked(["compare", *arguments], monkeypatch))
        assert question_of(asked(["run", "study.toml"], monkeypatch)) == expected
        assert question_of(asked(["compare", "study.toml"], monkeypatch)) == expected

    def test_names_on_the_command_line_win(self, here, monkeypatch):
        written(here, 'compare = ["l2", "dropout"]')
        request = asked(["compare", "study.toml", "weight_decay"], monkeypatch)
        assert [variant.name for variant in request.variants] == ["weight_decay"]

    def test_names_are_checked_as_on_the_command_line(self, here, capsys):
        written(here, 'build = "net.py:build"\ncompare = ["width"]')
        assert "strengths for width of build(l2, dropout, width)" in complaint(capsys, "run", "study.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch = 3", "study.toml: a setting of `ridgepath run`; received 'epoch'. Do you mean epochs?"),
        ("batch_size = 3", "Do you mean batch-size?"),
        ("xyzzy = 3", "received 'xyzzy'. `ridgepath init` writes a file with all of them."),
        ('"a\\nb" = 3', r"received 'a\nb'."),
        ("[training]\nepochs = 3", "epochs stands in no table; received it below [training]. Write it above all lines"),
        ("[vary]\nl2 = [0.1]\nepochs = 3", "study.toml: epochs stands in no table; received it below [vary]."),
        (
            "[early-stopping]\npatience = 3\nkeep = 'best'",
            "keep stands in no table; received it below [early-stopping].",
        ),
        ("epochs = 'ten'", "epochs must be a whole number; received 'ten'. Write, for example, epochs = 2."),
        ("epochs = true", "epochs must be a whole number; received True."),
        ("epochs = 1.5", "epochs must be a whole number; received 1.5."),
        (f"epochs = 1{'0' * 99}", "epochs must be a whole number; received 1000"),
        ("epochs = 0", "epochs must be a whole number of at least 1; received 0."),
        ("zero = 1", "zero must be true or false; received 1."),
        ("margin = '0.1'", "margin must be a number; received '0.1'."),
        ("margin = nan", "the margin of equivalence must be >= 0 and finite"),
        ("engine = 'torch'", "engine must be one of auto, jax, reference; received 'torch'."),
        ("engine = ['jax']", "engine must be one of auto, jax, reference; received ['jax']."),
        ("strengths = 0.1", "strengths must be a list of numbers, or LOW:HIGH:N or auto as text; received 0.1."),
        ("strengths = ['0.1']", "strengths must be a list of numbers"),
        ("strengths = []", "strengths must be a list of numbers"),
        ("strengths = [-1]", "strengths must be >= 0 and finite; received -1."),
        ("seeds = 1.0", "seeds must be a whole number, or a list of them; received 1.0."),
        ("seeds = '5'", "seeds must be a whole number, or a list of them; received '5'."),
        ("seeds = []", "seeds must be a whole number, or a list of them; received []."),
        (
            "vary = [1]",
            "vary must be a list of numbers or LOW:HIGH:N, by name; received [1]. Write, for example, vary.l2",
        ),
        ("vary.'l2=1' = [1]", "vary must be a list of numbers or LOW:HIGH:N, by name"),
        ("vary.nothing = [1]", "received nothing. Choose one of them"),
        ("early-stopping = 'soon'", "early-stopping must be its patience, or values by name; received 'soon'."),
        ("early-stopping = {monitor = 'a,b=c'}", "early-stopping must be its patience, or values by name"),
        ("early-stopping = {patient = 3}", "early stopping is NAME=VALUE,... with names out of monitor"),
        ("class-weight = {a = 3}", "class-weight must be balanced, or numbers by class"),
        ("data = 3", "data must be the name of a data set, or the path of a file, relative to this one; received 3."),
        ("data = ''", "data must name a data set; received nothing, as of one that was given in Python."),
        ("build = ''", "build must name a network; received nothing"),
        ("build = 'absent.py'", "a file with a network builder; received "),
        ('study = "a\\u0000b"', "study must be a path"),
        ("study = '~nobody-at-all/x'", "study must be a path"),
        ("compare = ['l2']\nstrengths = [0.1]", "strengths or arguments to vary, not both"),
        ("epochs = 1979-05-27", "epochs must be a whole number; received datetime.date(1979, 5, 27)."),
        ("epochs = 3\nepochs = 4\n", "study.toml must be TOML; received Cannot overwrite a value (at line 2"),
        ("\n\nepochs = ten", "study.toml must be TOML; received Invalid value (at line 3, column 10). Mend that place"),
        ("a = " + "[" * 5000, "study.toml must be TOML; received brackets in brackets without end."),
        ("a = " + "1" * 5000, "study.toml must be TOML; received Exceeds the limit"),
    ],
)
def test_a_mistake_in_a_file_is_said_in_a_line(here, capsys, text, says):
    written(here, text)
    assert says in complaint(capsys, "run", "study.toml")
    assert {each.name for each in here.iterdir()} == {"net.py", "study.toml"}


def test_what_is_no_file_is_refused(here, capsys):
    assert "a study file; received absent.toml (No such file" in complaint(capsys, "run", "absent.toml")
    (here / "folder.toml").mkdir()
    assert "a study file; received folder.toml (Is a directory)" in complaint(capsys, "run", "folder.toml")
    (here / "bytes.toml").write_bytes(b"epochs = 3 # \xff")
    assert "bytes.toml must be TOML; received 'utf-8' codec" in complaint(capsys, "run", "bytes.toml")


def test_compare_takes_no_strengths(here, capsys):
    written(here, "strengths = [1]")
    assert "a setting of `ridgepath compare`; received 'strengths'" in complaint(capsys, "compare", "study.toml")


def test_the_file_in_the_docs_is_read(here, monkeypatch):
    page = (Path(__file__).parent.parent / "docs" / "study-files.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    request = asked(["run", written(here, text)], monkeypatch)
    found = (request.epochs, request.data.target, [each.name for each in request.variants])
    assert found == (30, "price", ["l2", "dropout"])
    named = re.findall(r"^\| `([a-z-]+)", page, flags=re.MULTILINE)
    assert named
    assert set(named) <= {setting.key for setting in settings_of(run)}


class TestInit:
    def test_it_asks_for_nothing_but_what_is_asked_without_it(self, here, monkeypatch, capsys):
        app(["init"], standalone_mode=False)
        assert capsys.readouterr().out.endswith("Change some, then: ridgepath run study.toml\n")
        assert read_study_file(here / "study.toml", run) == {}
        assert question_of(asked(["run", "study.toml"], monkeypatch)) == question_of(asked(["run"], monkeypatch))

    def test_it_has_every_setting_with_its_default(self, here, monkeypatch):
        app(["init", "all.toml"], standalone_mode=False)
        lines = re.findall(r"^#(\S.*)$", (here / "all.toml").read_text(), flags=re.MULTILINE)
        assert [re.match(r"[\w-]+", line)[0] for line in lines] == [setting.key for setting in settings_of(run)]
        defaults = [line for line in lines if not line.endswith("  # for example")]
        assert len(defaults) == len([each for each in settings_of(run) if each.default is not None])
        written(here, "\n".join(defaults))
        assert question_of(asked(["run", "study.toml"], monkeypatch)) == question_of(asked(["run"], monkeypatch))

    def test_every_line_may_be_uncommented(self, here, monkeypatch):
        app(["init", "all.toml"], standalone_mode=False)
        for line in re.findall(r"^#(\S.*)$", (here / "all.toml").read_text(), flags=re.MULTILINE):
            more = 'until = "decided"\n' if line.startswith("max-seeds") else ""
            asked(["run", written(here, more + line)], monkeypatch)

    def test_its_lines_are_short_and_say_what_each_is(self, here):
        app(["init"], standalone_mode=False)
        text = (here / "study.toml").read_text()
        assert max(map(len, text.splitlines())) <= 80
        for setting in settings_of(run):
            assert setting.help in re.sub(r"\n# ", " ", text)

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("there.toml", "a study file that is new; received there.toml, which is there. Give another name."),
            ("study", "a study file ends in .toml; received study. Call it study.toml."),
            ("absent/study.toml", "a file that can be written; received absent/study.toml (No such file"),
        ],
    )
    def test_it_overwrites_nothing_and_leaves_nothing(self, here, capsys, name, says):
        (here / "there.toml").write_text("epochs = 3")
        assert says in complaint(capsys, "init", name)
        found = {each.name: each.read_text() for each in here.iterdir()}
        assert found == {"net.py": NETWORK, "there.toml": "epochs = 3"}


KEYS = [setting.key for setting in settings_of(run)]
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["auto", "1e-3:1:3", "folds:5", "balanced", "decided", "net.py:build", "digits", "~", "~x"]),
)
NAMES = st.one_of(st.sampled_from([*KEYS, "l2", "dropout", "patience", "monitor", "0", "1"]), st.text(max_size=4))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.dictionaries(NAMES, SCALARS, min_size=1, max_size=3))
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)


def lines(said):
    for key, value in said.items():
        if isinstance(value, dict):
            yield from (f"{toml_key(key, name)} = {toml_value(each)}" for name, each in value.items())
        else:
            yield f"{toml_key(key)} = {toml_value(value)}"


def asks_or_is_refused(file, monkeypatch):
    """Let the command line take a file: it comes as far as training, or there is one line for the user."""

    def ask(request, **_):
        raise AskedError

    monkeypatch.setattr(api, "fit_request", ask)
    with pytest.raises((AskedError, InputError)) as ended:
        app(["run", str(file)], standalone_mode=False)
    assert "\n" not in str(ended.value)


def without_surrogates(said):
    return not re.search("[\ud800-\udfff]", json.dumps(said, ensure_ascii=False, default=str))


@FUZZ
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6).filter(without_surrogates))
@example({"seeds": [0], "vary": {"l2": [0.1]}})
def test_any_values_are_taken_or_refused(here, monkeypatch, said):
    asks_or_is_refused(written(here, "\n".join(lines(said))), monkeypatch)


@FUZZ
@given(st.binary(max_size=60))
def test_any_bytes_are_taken_or_refused(here, monkeypatch, content):
    (here / "study.toml").write_bytes(content)
    asks_or_is_refused(here / "study.toml", monkeypatch)


@FUZZ
@given(st.integers(0, len(EVERYTHING)), st.integers(0, 9), st.text("[]{}=.,\"'#\n\\x1e- ", max_size=4))
def test_a_file_that_is_spoilt_somewhere_is_taken_or_refused(here, monkeypatch, at, cut, put):
    asks_or_is_refused(written(here, EVERYTHING[:at] + put + EVERYTHING[at + cut :]), monkeypatch)
