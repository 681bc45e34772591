"""The floors of the house: a module imports only from floors below its own, or what is named before it there."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "ridgepath"

FLOORS = (
    (
        *(
            "errors",
            "texts",
            "typed",
            "files",
            "holding",
            "toml",
            "directions",
            "callbacks",
            "penalties",
            "conventions",
            "conversion",
            "weighting",
        ),
        *(
            "study",
            "portraits",
            "results",
            "frames",
            "builders",
            "variants",
            "arrays",
            "splits",
            "archives",
            "bundled",
            "images",
            "tables",
        ),
        *("encoding", "soundness", "sources", "question", "preparation", "datasets"),
    ),
    ("database", "gallery", "schema", "store", "exports", "checkpoints"),
    ("training", "statistics", "execution"),
    ("report", "trackers"),
    (
        *("progress", "search", "crew", "session", "resuming", "deciding", "refitting", "showing", "tracking", "path"),
        *("reading", "api", "checkup"),
        *("cli", "__main__"),
    ),
)
PLACES = {
    "cli": (
        *("forms", "options", "reading", "study_file", "training", "starting", "refitting", "converting", "checking"),
        "program",
    ),
    "checkup": ("finding", "installation", "devices", "data", "studies", "terminal"),
    "trackers": ("destinations", "cards", "answers", "mlflow", "tensorboard", "optuna"),
    "execution": ("gpus", "workers", "local", "placing", "cluster", "ray"),
    "training": (
        *("networks", "comparable", "tensorflow_names", "initial", "models", "coefficients", "windows", "probes"),
        *("lowering", "example_losses", "device", "ending", "trial", "memory", "together", "travelling", "proof"),
        *("inspection",),
        *("reference_probes", "reference", "fitting"),
        *("workshop", "shard", "environment"),
    ),
}
APART = {"training", "statistics", "execution"}
MAY_DELAY = {"crew", "refitting", "showing", "tracking", "path", "cli"}


def modules():
    return [path for path in sorted(SOURCE.rglob("*.py")) if path.name != "__init__.py"]


def name_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def imports_of(path):
    """Yield (module of ridgepath, whether the import is delayed) for all imports, also those inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body} | {
        id(inner) for node in tree.body if isinstance(node, ast.If) for inner in node.body
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ridgepath":
            is_folder = (SOURCE.parent / node.module.replace(".", "/")).is_dir()
            targets = [f"{node.module}.{a.name}" for a in node.names] if is_folder else [node.module]
            for target in targets:
                yield target.removeprefix("ridgepath."), id(node) not in top
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("ridgepath."):
                    yield alias.name.removeprefix("ridgepath."), id(node) not in top


def place(module):
    first = module.split(".")[0]
    return next((i, floor.index(first)) for i, floor in enumerate(FLOORS) if first in floor)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_stands_on_the_floors_below(path):
    here = name_of(path)
    for target, _ in imports_of(path):
        (floor, position), (target_floor, target_position) = place(here), place(target)
        first, target_first = here.split(".")[0], target.split(".")[0]
        if first == target_first and "." in here:
            order = PLACES.get(first)
            if order:
                assert order.index(target.split(".")[1]) < order.index(here.split(".")[1]), f"{here} imports {target}"
            continue
        assert (target_floor, target_position) < (floor, position), f"{here} imports {target}"
        assert not (first in APART and target_first in APART), f"{here} imports {target}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_the_top_floor_delays_an_import(path):
    delayed = [target for target, is_delayed in imports_of(path) if is_delayed]
    assert not delayed or name_of(path).split(".")[0] in MAY_DELAY


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_training_imports_keras_and_jax(path):
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not names & {"keras", "jax"} or path.parent.name == "training"


def test_within_a_folder_imports_make_no_circle():
    graph = {name_of(path): {target for target, _ in imports_of(path)} for path in modules()}

    def visit(module, trail):
        assert module not in trail, f"circle: {' -> '.join([*trail, module])}"
        for target in graph.get(module, ()):
            visit(target, (*trail, module))

    for module in graph:
        visit(module, ())


def test_the_faces_start_without_keras_jax_and_plotly():
    check = (
        "import sys, ridgepath, ridgepath.cli, ridgepath.report.terminal;"
        "slow = ('keras', 'jax', 'plotly', 'matplotlib', 'sklearn', 'mlflow', 'tensorboard', 'optuna');"
        "print([m for m in slow if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
