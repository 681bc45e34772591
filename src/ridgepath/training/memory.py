"""How many trials go together on a device: as many as its memory takes, by what compiled programs say they need.

XLA knows before a program runs what it needs (``Compiled.memory_analysis``), and a device what it has left
(``Device.memory_stats``; a CPU does not say). What neither counts is left to :data:`SHARE`, and to trying again
with half as many when memory runs out all the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

SHARE = 0.9
"""Share of a device's memory that is planned with; the rest is for small programs, and for gaps between arrays."""


def free_bytes(device: Any = None) -> int | None:
    """Return how much of a device's memory (the first one's) may still be planned with; ``None`` if it does not say.

    Networks that nobody needs any more give theirs back first: Keras' hold themselves in circles.
    """
    gc.collect()
    stats = (device or jax.devices()[0]).memory_stats()
    if not stats or "bytes_limit" not in stats:
        return None
    return int(SHARE * stats["bytes_limit"]) - int(stats["bytes_in_use"])


def bytes_needed(compiled: Any, *, present: int) -> int:
    """Return what a compiled program needs of its device while it runs, in bytes.

    Args:
        compiled: as ``jax.jit(...).lower(...).compile()`` returns it.
        present: bytes of its arguments that are on the device anyway, and counted as in use.
    """
    of = compiled.memory_analysis()
    if of is None:  # a backend need not tell; then it is left to trying
        return 0
    results = of.output_size_in_bytes - of.alias_size_in_bytes  # those in the place of a donated argument need nothing
    return int(of.argument_size_in_bytes - present + results + of.temp_size_in_bytes + of.generated_code_size_in_bytes)


def size_in_bytes(arrays: Any) -> int:
    """Return the size of all arrays of a tree."""
    return sum(array.size * array.dtype.itemsize for array in jax.tree.leaves(arrays))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error is Python's or XLA's for want of memory."""
    is_xla = isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)
    return is_xla or isinstance(error, MemoryError)


def most_that_fit(wanted: int, needed: Callable[[int], int], free: int | None) -> int:
    """Return how many trials fit into memory, of at most ``wanted`` and at least 1.

    Every guess is made from the last measurement as if all that was needed grew with the trials. Some of it does not,
    so a guess is never too small, and the first one that fits is the answer.

    Args:
        needed: measures how many bytes so many trials need; it compiles their program, which may itself run out of
            memory: half as many are tried then.
        free: bytes that there are; ``None`` if nobody knows.
    """
    trials = wanted
    while free is not None and trials > 1:
        try:
            need = needed(trials)
        except jax.errors.JaxRuntimeError as error:
            if not is_out_of_memory(error):
                raise
            need = 2 * free
        if need <= free:
            break
        trials = max(1, min(trials - 1, trials * free // need))
    return trials


@dataclass
class Room:
    """How many trials of one program go together on this device, as far as it is known.

    Attributes:
        fits: so many do, by measurement.
        most: more do not.
    """

    fits: int = 1
    most: int | None = None

    def take(self, wanted: int, needed: Callable[[int], int], free: int | None) -> int:
        """Return how many of the wanted trials go together; what was measured before is not measured again."""
        wanted = wanted if self.most is None else min(wanted, self.most)
        if wanted <= self.fits:
            return wanted
        self.fits = most_that_fit(wanted, needed, free)
        if self.fits < wanted:
            self.most = self.fits
        return self.fits

    def halve(self, trials: int) -> int:
        """Learn that so many did not fit after all; return how many may go together from now on."""
        self.most = max(1, trials // 2)
        self.fits = min(self.fits, self.most)
        return self.most


def even_parts(trials: int, *, most: int) -> list[int]:
    """Divide a number of trials into as few parts as there may be, as equal as they can be: 10 by 8 is 5 + 5."""
    parts = -(-trials // most)
    return [trials // parts + (part < trials % parts) for part in range(parts)]
