"""What one core of this machine could do at best: the time of a trial-step's products, and of its optimizer's pass.

    python benchmarks/limit.py            prints it for every workload, in half a minute

A trial-step is one step of one trial. Its limit is ``operations / peak + pass``: its products' floating-point
operations (:mod:`arithmetic`) at the rate of this core's best product of large square matrices, and one pass over
weights, gradient and both of Adam's moments, which reads four and writes three numbers a weight and takes a square
root and a division. Products of the workload's own shapes are slower than large ones, and evaluation and all other work
are not in it; so it is a floor that no program will reach.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arithmetic import parameters, step_operations
from workloads import WORKLOADS

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
SIDE, TIMES, PASSES = 1024, 30, 2_000


@dataclass(frozen=True)
class Limits:
    """What one core can do at best.

    Attributes:
        peak: floating-point operations a second.
        passes: seconds of a pass over weights and optimizer state, a workload each.
    """

    peak: float = 0.0
    passes: dict[str, float] = field(default_factory=dict)

    def step(self, name: str) -> float:
        """Return the least seconds of a trial-step of a workload."""
        workload = WORKLOADS[name]
        return step_operations(workload.layers, workload.batch_size) / self.peak + self.passes[name]

    def best(self, other: Limits) -> Limits:
        """Join two measurements of one machine: a busy one is slower, never faster."""
        passes = self.passes | other.passes
        for name in self.passes.keys() & other.passes.keys():
            passes[name] = min(self.passes[name], other.passes[name])
        return Limits(max(self.peak, other.peak), passes)


def measure_limits(names: Sequence[str]) -> Limits:
    """Measure what this core can do for some workloads, in a process of its own, which begins with a single thread."""
    words = [sys.executable, str(Path(__file__)), *names]
    done = subprocess.run(words, env={**os.environ, **ONE_THREAD}, capture_output=True, check=True, text=True)
    return Limits(**json.loads(done.stdout))


def peak_rate() -> float:
    """Return the floating-point operations a second of the best of several products of large float32 matrices.

    NumPy's BLAS and XLA take the product; a library that does not know the processor well is no measure of it.
    """
    import jax
    import numpy as np

    left, right = np.random.default_rng(0).random((2, SIDE, SIDE), np.float32)
    product = np.empty_like(left)
    by_xla = jax.jit(jax.numpy.matmul)
    by_xla(left, right).block_until_ready()
    placed = jax.device_put((left, right))
    seconds = (_best(lambda: np.matmul(left, right, out=product)), _best(lambda: by_xla(*placed).block_until_ready()))
    return 2 * SIDE**3 / min(seconds)


def seconds_of_pass(weights: int) -> float:
    """Return the seconds of one step of Adam on so many weights that stay in the cache, the best of several.

    It is compiled, many steps in a row, so that nothing but the pass is timed.
    """
    import jax
    from jax import numpy as jnp

    @jax.jit
    def many(state, gradient):
        def step(_, state):
            weight, first, second = state
            first = first + 0.1 * (gradient - first)
            second = second + 0.001 * (gradient * gradient - second)
            return weight - 0.001 * first / (jnp.sqrt(second) + 1e-7), first, second

        return jax.lax.fori_loop(0, PASSES, step, state)

    gradient = jax.random.normal(jax.random.key(0), weights)
    state = (gradient, gradient, jnp.square(gradient))
    many(state, gradient)[0].block_until_ready()
    return _best(lambda: many(state, gradient)[0].block_until_ready()) / PASSES


def _best(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def describe(name: str, limits: Limits) -> str:
    """Say what the limit of a workload is made of."""
    workload = WORKLOADS[name]
    operations = step_operations(workload.layers, workload.batch_size)
    products, passing, step = (
        f"{1e3 * value:.3f} ms" for value in (operations / limits.peak, limits.passes[name], limits.step(name))
    )
    rate = f"{operations / 1e6:6.2f} MFLOP at {limits.peak / 1e9:.0f} GFLOP/s"
    return f"{name:<12} {rate}: {products}, a pass {passing}, together {step} a trial-step and core"


def main() -> None:
    if names := sys.argv[1:]:
        passes = {name: seconds_of_pass(parameters(WORKLOADS[name].layers)) for name in names}
        print(json.dumps({"peak": peak_rate(), "passes": passes}))
        return
    limits = measure_limits(list(WORKLOADS))
    for name in WORKLOADS:
        print(describe(name, limits))


if __name__ == "__main__":
    main()
