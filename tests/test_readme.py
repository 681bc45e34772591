"""The README's Python is run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_python_of_the_readme_runs_and_is_at_most_thirty_lines(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(program.splitlines()) <= 30
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert {"path.png", "report.html", "studies"} <= {file.name for file in tmp_path.iterdir()}
    assert len(list((tmp_path / "studies").iterdir())) == 1


def test_every_command_of_the_readme_exists():
    from typer.main import get_command

    from ridgepath.cli import app

    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    commands = set(re.findall(r"^ridgepath (\w+)", "".join(blocks), flags=re.MULTILINE))
    assert commands
    assert commands <= set(get_command(app).commands)
