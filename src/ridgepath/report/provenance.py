"""How a study was made, as names and values for a reader."""

from __future__ import annotations

from ridgepath.report.formatting import write_count, write_duration
from ridgepath.report.summary import Summary


def facts(summary: Summary) -> tuple[tuple[str, str], ...]:
    """List what was trained on what, how long it took, and with which versions."""
    data = summary.data
    examples = (
        f"{data.train:,} training",
        f"{data.validation:,} validation",
        f"{data.test:,} test" if data.test else "no test",
    )
    known = (
        ("Data", data.name),
        ("Examples", ", ".join(examples)),
        ("Data fingerprint", data.fingerprint[:16]),
        ("Network", summary.builder.name),
        ("Seeds", ", ".join(str(seed) for seed in summary.seeds)),
        ("Training", f"{write_count(summary.epochs, 'epoch')}, batch size {summary.batch_size:,}"),
        ("Engine", ", ".join(summary.engines) or "none has finished a trial"),
        ("Time", write_duration(summary.seconds)),
    )
    names = {name.lower() for name, _ in known}
    return (*known, *((name, value) for name, value in summary.context.items() if value and name.lower() not in names))
