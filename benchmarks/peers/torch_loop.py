"""A plain PyTorch loop over trials: fused Adam, batches by slices of the epoch's order, validated after every epoch.

Adam's ``weight_decay`` of 2 λ is the gradient of λ Σw², so the penalty is Keras' own, at no cost of its own.
"""

import os

import torch
from order import answer, read_order
from torch_networks import KERAS_ADAM, as_tensors, begun, data_loss, penalized


def optimizer_of(model, strength):
    names = penalized(model)
    kernels = [parameter for name, parameter in model.named_parameters() if name in names]
    rest = [parameter for name, parameter in model.named_parameters() if name not in names]
    groups = [{"params": kernels, "weight_decay": 2 * strength}, {"params": rest}]
    return torch.optim.Adam(groups, **KERAS_ADAM, fused=True)


def train(order, strength, seed):
    (x, y), (x_val, y_val) = as_tensors(order.train), as_tensors(order.validation)
    model, loss = begun(order.network, seed), data_loss(order)
    optimizer = optimizer_of(model, strength)
    for _ in range(order.epochs):
        for batch in torch.randperm(len(x)).split(order.batch_size):
            optimizer.zero_grad()
            loss(model(x[batch]), y[batch]).backward()
            optimizer.step()
        with torch.inference_mode():
            validation = loss(model(x_val), y_val).item()
    return validation


order = read_order()
if threads := os.environ.get("PEER_THREADS"):
    torch.set_num_threads(int(threads))
answer({trial: train(order, *trial) for trial in order.trials})
