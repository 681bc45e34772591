"""How a study was made, as names and values for a reader."""

from __future__ import annotations

from ridgepath.report.locale.words import ENGLISH, Words
from ridgepath.report.summary import Summary


def facts(summary: Summary, words: Words = ENGLISH) -> tuple[tuple[str, str], ...]:
    """List what was trained on what, how long it took, and with which versions."""
    say, data = words.provenance, summary.data
    known = (
        (say.DATA, data.name),
        (say.EXAMPLES, say.examples(data.train, data.validation, data.test)),
        (say.FINGERPRINT, data.fingerprint[:16]),
        (say.NETWORK, summary.builder.name),
        (say.SEEDS, ", ".join(str(seed) for seed in summary.seeds)),
        (say.TRAINING, say.training(summary.epochs, summary.batch_size)),
        (say.ENGINE, ", ".join(summary.engines) or say.NO_ENGINE),
        (say.TIME, say.duration(summary.seconds)),
    )
    return (*known, *((name, value) for name, value in summary.context.items() if value and name.lower() not in _SHOWN))


_SHOWN = ("data", "engine", "seeds", "time", "network", "examples", "training", "data fingerprint")
"""Entries of the context that repeat what is listed anyway."""
