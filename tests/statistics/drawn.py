"""Variants whose truth is known: every figure is its true value and the noise of seeds, examples and the rest."""

import numpy as np

from ridgepath.statistics.evidence import Measured

STRENGTHS = (0.0, 0.001, 0.01, 0.1)
FALLING = tuple(2.0 - 0.1 * epoch for epoch in range(12))
TURNED = tuple(1.0 + 0.02 * (epoch - 4) ** 2 for epoch in range(12))


def draw(
    generator,
    *,
    strengths=STRENGTHS,
    seeds=5,
    examples=60,
    train=(0.0, 0.0, 0.0, 0.0),
    val=(0.0, 0.0, 0.0, 0.0),
    curves=(FALLING,) * 4,
    weights=(10.0,) * 4,
    near_zero=(0.1,) * 4,
    shares=(0.0, 0.5, 0.5, 0.5),
    elasticity=0.0,
    noise=1.0,
):
    """Draw a variant; ``train`` and ``val`` are shifts of the losses, ``noise`` multiplies all noise."""
    count = len(strengths)

    def column(means, spread):
        return np.array(means[:count])[:, None] + noise * spread * generator.normal(size=(count, seeds))

    shared = 5 + generator.normal(size=(1, seeds, 1)) + generator.normal(size=(1, 1, examples))
    own = 0.03 * generator.normal(size=(count, seeds, 1)) + 0.2 * generator.normal(size=(count, seeds, examples))
    epochs = np.array(curves[:count])[:, None, :]
    norms = np.exp(column(np.log(weights), 0.02))
    figures = {
        "train_data_loss": 1 + column(train, 0.01),
        "weight_norm": norms,
        "near_zero": column(near_zero, 0.002),
        "update_share": column(shares, 0.01),
        "gradient_share": column(shares, 0.01) / 2,
        "sensitivity": np.exp(column([0.0] * count, 0.02)) * norms**elasticity,
    }
    drift = 0.01 * generator.normal(size=(count, seeds, epochs.shape[2])).cumsum(axis=2)
    losses = shared + noise * own + np.array(val[:count])[:, None, None]
    return Measured(tuple(strengths), losses.astype(np.float32), epochs + noise * drift, figures)
