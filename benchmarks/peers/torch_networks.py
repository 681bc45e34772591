"""The networks of the workloads in PyTorch, begun as Keras begins them; their outputs are logits."""

import torch
from torch import nn
from torch.nn import functional


def dense():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def convolutional():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28)),
        *(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 10)),
    )


def tabular():
    hidden = (nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    return nn.Sequential(*hidden, nn.Linear(64, 1), nn.Flatten(0))


NETWORKS = {network.__name__: network for network in (dense, convolutional, tabular)}
KERAS_ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-7}


def begun(network, seed):
    """Build a network with Keras' weights: Glorot's uniform ones, and biases of 0."""
    torch.manual_seed(seed)
    model = NETWORKS[network]()
    for name, parameter in model.named_parameters():
        (nn.init.zeros_ if name.endswith("bias") else nn.init.xavier_uniform_)(parameter)
    return model


def penalized(model):
    """Return the names of the kernels that are penalized: all but the last layer's."""
    return [name for name, _ in model.named_parameters() if name.endswith("weight")][:-1]


def data_loss(order):
    return functional.cross_entropy if order.classes else functional.mse_loss


def as_tensors(pair):
    x, y = map(torch.from_numpy, pair)
    return x, y if y.is_floating_point() else y.long()
