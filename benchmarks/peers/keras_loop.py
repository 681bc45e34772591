"""The task's own loop, as a student runs it: ``model.fit`` for one trial after the other, on Keras' backend."""

from order import answer, read_order
from trial import train

order = read_order()
answer({trial: train(order, *trial) for trial in order.trials})
