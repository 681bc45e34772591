"""Where a real browser puts the figures of Arabic lines: its own bidirectional algorithm is the oracle."""

import html
import json
import os
import re
import shutil
import subprocess

import pytest
from examples import GROUPS

from ridgepath.report.locale.words import EGYPTIAN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no chromium on this machine to lay out Arabic lines"
)

FIGURES = r"[-±]?\d+(?:[.,]\d+)*(?:\s±\s\d+(?:[.,]\d+)*)?%?"
"""A figure with its sign, its error and its unit."""

SCRIPT = """
const wrong = []; let checked = 0;
for (const line of document.querySelectorAll('p')) {
  const node = line.firstChild;
  const box = (at) => { const r = document.createRange(); r.setStart(node, at); r.setEnd(node, at + 1);
                        return r.getBoundingClientRect(); };
  for (const found of node.data.matchAll(/FIGURES/g)) {
    const boxes = [...found[0]].map((_, at) => box(found.index + at));
    checked += 1;
    if (boxes.some((each, at) => at > 0 && each.left < boxes[at - 1].left)) wrong.push(found[0]);
  }
}
document.body.textContent = JSON.stringify({checked, wrong});
"""


def laid_out(lines, folder):
    """Return how many figures the lines have, and those whose letters do not run from left to right."""
    paragraphs = "".join(f'<p dir="rtl" lang="ar">{html.escape(line)}</p>' for line in lines if line)
    page = folder / "lines.html"
    script = SCRIPT.replace("FIGURES", FIGURES)
    style = "<style>p { white-space: nowrap }</style>"
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{style}{paragraphs}<script>{script}</script>", encoding="utf-8"
    )
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, check=True)
    [found] = re.findall(r"<body[^>]*>(.*?)</body>", done.stdout, flags=re.DOTALL)
    return json.loads(html.unescape(found))


def test_figures_read_from_left_to_right_in_every_arabic_sentence(tmp_path):
    lines = [getattr(getattr(EGYPTIAN, module), function)(c) for _, cases, module, function in GROUPS for c in cases]
    found = laid_out(lines, tmp_path)
    assert found["wrong"] == []
    assert found["checked"] > 300
    bare = [line.translate(dict.fromkeys((0x2066, 0x2068, 0x2069))) for line in lines]
    assert laid_out(bare, tmp_path)["wrong"], "without isolates a minus sign changes sides, so the test can fail"
