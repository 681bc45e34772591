"""Linear networks under L2 whose training is known in closed form: gradient flow from random weights."""

import numpy as np


class Ridge:
    """Squared losses on validation examples after training for some time, for any strength.

    Args:
        generator: draws the problem.
        scale: what a strength of 1 weighs; the ridge lies at so much smaller strengths.
    """

    def __init__(self, generator, *, train=200, features=50, noise=0.5, scale=1.0, decay=0.5, validation=400):
        x = generator.normal(size=(train + validation, features)) * np.arange(1, features + 1) ** -decay
        signal = x @ generator.normal(size=features)
        y = signal / signal.std() + noise * generator.normal(size=train + validation)
        curvature, axes = np.linalg.eigh(x[:train].T @ x[:train] / train)
        self.curvature, self.pull = curvature, axes.T @ x[:train].T @ y[:train] / train
        self.x, self.y, self.scale = x[train:] @ axes, y[train:], scale

    def losses(self, strength, *, seed=0, time):
        """Solve ``dw/dt = pull - (curvature + scale strength) w`` (example,)."""
        start = 0.3 * np.random.default_rng(seed).normal(size=len(self.pull))
        rate = self.curvature + self.scale * strength
        left = np.exp(-rate * time)
        grown = -np.expm1(-rate * time) / np.where(rate > 1e-12, rate, 1)
        weights = np.where(rate > 1e-12, grown, time) * self.pull + left * start
        return (self.y - self.x @ weights) ** 2

    def mean(self, strength, *, time, seeds=2):
        return float(np.mean([self.losses(strength, seed=seed, time=time).mean() for seed in range(seeds)]))


def random_ridge(seed):
    """Draw a problem of any kind: few examples or many, much noise or none, short training or long."""
    generator = np.random.default_rng(seed)
    ridge = Ridge(
        generator,
        train=int(generator.choice([60, 200, 1000])),
        features=int(generator.choice([10, 50, 200])),
        noise=float(generator.choice([0.0, 0.1, 0.5, 1.0, 3.0])),
        scale=10.0 ** generator.integers(-6, 7),
        decay=float(generator.choice([0.0, 0.5, 1.0])),
    )
    return ridge, 10.0 ** generator.uniform(1, 4)
