"""All trials at once by ``torch.func``: one step of a stacked network, ``vmap`` over its trials, and one fused Adam.

As in PyTorch's tutorial on model ensembling, with gradients by ``grad``. A seed has an order of batches of its own,
which its strengths share.
"""

import torch
from order import answer, read_order
from torch.func import functional_call, grad, stack_module_state, vmap
from torch_networks import KERAS_ADAM, as_tensors, begun, data_loss, penalized


def train(order):
    """Return the validation data losses after the last epoch, in the order of the trials."""
    (x, y), (x_val, y_val) = as_tensors(order.train), as_tensors(order.validation)
    models = [begun(order.network, seed) for _, seed in order.trials]
    strengths = torch.tensor([strength for strength, _ in order.trials])
    network, kernels, loss = models[0], penalized(models[0]), data_loss(order)

    def validated(weights):
        return loss(functional_call(network, weights, (x_val,)), y_val)

    def objective(weights, strength, x, y):
        penalty = sum(weights[name].square().sum() for name in kernels)
        return loss(functional_call(network, weights, (x,)), y) + strength * penalty

    weights, _ = stack_module_state(models)
    optimizer = torch.optim.Adam(list(weights.values()), **KERAS_ADAM, fused=True)
    gradients = vmap(grad(objective))
    orders = [torch.Generator().manual_seed(seed) for seed in order.seeds]
    for _ in range(order.epochs):
        shuffled = torch.stack([torch.randperm(len(x), generator=each) for each in orders])
        for batch in shuffled.split(order.batch_size, dim=1):
            own = batch.repeat(len(order.strengths), 1)
            with torch.no_grad():
                found = gradients(weights, strengths, x[own], y[own])
            for name, weight in weights.items():
                weight.grad = found[name]
            optimizer.step()
        with torch.inference_mode():
            losses = vmap(validated)(weights)
    return losses.tolist()


order = read_order()
answer(dict(zip(order.trials, train(order), strict=True)))
