"""A shard trained leg by leg, as whoever hands out the work has it trained."""

from ridgepath.study import Shard
from ridgepath.training.shard import train_leg


def legs_of(task, trials):
    """Yield the legs of some trials to their end; each goes on from what the one before brought."""
    progress, left = {}, tuple(trials)
    while left:
        leg = train_leg(task, Shard(left), progress)
        yield leg
        finished = {result.trial for result in leg.results}
        left, progress = tuple(trial for trial in left if trial not in finished), leg.progress
