"""Time ``ridgepath run`` against the task's loop of ``model.fit``, in one sitting.

Full Fashion-MNIST, three strengths, 15 epochs, one seed: whole processes, interleaved, from the start of the
interpreter to its end. Prints seconds, the peak memory of all processes together (proportional set size, so that shared
pages count once), the ratio of each round, and the validation data losses that were reached.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

HERE = Path(__file__).parent
STRENGTHS = ("0.0001", "0.001", "0.01")


def ridgepath_command(folder, epochs):
    return [
        *(sys.executable, "-m", "ridgepath", "run", "--data", "fashion-mnist", "--seeds", "1", "--no-zero"),
        *("--strengths", ",".join(STRENGTHS), "--epochs", str(epochs), "--study", folder, "--json"),
    ]


def peak_memory(process, peak):
    """Follow the memory of a process and all that it starts, until it ends."""
    tree = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for each in (tree, *tree.children(recursive=True)):
                total += each.memory_full_info().pss
        except psutil.Error:
            pass
        peak.append(total)
        time.sleep(0.5)


def measure(command, environment):
    """Return (seconds, peak bytes, what was printed) of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    peak = []
    follower = threading.Thread(target=peak_memory, args=(process, peak))
    follower.start()
    printed, _ = process.communicate()
    seconds = time.perf_counter() - began
    follower.join()
    if process.returncode:
        raise SystemExit(f"{command} ended with exit code {process.returncode}")
    return seconds, max(peak), printed


def losses(name, printed):
    """Return the validation data losses, strength by strength."""
    if name == "ridgepath":
        return [point["val_data_loss"]["mean"] for point in json.loads(printed)["path"]]
    return [float(line.split()[1]) for line in printed.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--tensorflow", metavar="PYTHON", help="an interpreter that has TensorFlow and Keras")
    parser.add_argument("--tensorflow-rounds", type=int, default=1)
    arguments = parser.parse_args()
    loop = [str(HERE / "task_loop.py"), "--epochs", str(arguments.epochs)]
    peers = {"fit on JAX": ([sys.executable, *loop], {"KERAS_BACKEND": "jax"}, arguments.rounds)}
    if arguments.tensorflow:
        tensorflow = ([arguments.tensorflow, *loop], {"KERAS_BACKEND": "tensorflow"}, arguments.tensorflow_rounds)
        peers["fit on TensorFlow"] = tensorflow
    times = {name: [] for name in ("ridgepath", *peers)}
    for round_number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            report("ridgepath", times, *measure(ridgepath_command(folder + "/study", arguments.epochs), {}))
        for name, (command, environment, rounds) in peers.items():
            if round_number < rounds:
                report(name, times, *measure(command, environment))
    for name in peers:
        ratios = [theirs / ours for theirs, ours in zip(times[name], times["ridgepath"], strict=False)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} rounds"
        print(f"{name} / ridgepath: median {statistics.median(ratios):.2f} ({spread})")


def report(name, times, seconds, peak, printed):
    times[name].append(seconds)
    reached = " ".join(f"{loss:.4f}" for loss in losses(name, printed))
    print(f"{name:18} {seconds:7.1f} s  {peak / 2**20:6.0f} MiB  validation data loss {reached}", flush=True)


if __name__ == "__main__":
    main()
