"""``model.fit`` in processes by joblib, one a core: each on Keras/JAX and with a single thread."""

import os

from joblib import Parallel, cpu_count, delayed
from order import answer, read_order

ONE_THREAD = {
    "KERAS_BACKEND": "jax",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",
    "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false",
    "OMP_NUM_THREADS": "1",
}
"""The settings of ridgepath's own workers, so that this peer has the best of them."""


def train(order, strength, seed):
    import trial  # Keras starts in the workers only

    return trial.train(order, strength, seed)


def main():
    order = read_order()
    os.environ.update(ONE_THREAD)
    losses = Parallel(n_jobs=cpu_count())(delayed(train)(order, *trial) for trial in order.trials)
    answer(dict(zip(order.trials, losses, strict=True)))


if __name__ == "__main__":
    main()
