#!/usr/bin/env python3
"""Prints the trajectories of PyTorch's optimisers that tests/nn/optimizers_test.cc compares with.

The objective is 1/2 (x^2 + 10 y^2) in float64, from (1, -1); for L-BFGS it is Rosenbrock's function
(1 - x)^2 + 100 (y - x^2)^2 from (-1.2, 1), one iteration a step. With torch 2.13.0:
    python3 tests/nn/reference_trajectories.py
"""

import torch


def quadratic(x, y):
    return 0.5 * (x**2 + 10 * y**2)


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def trajectory(make, objective=quadratic, start=(1.0, -1.0), steps=4):
    x = torch.tensor([start], dtype=torch.float64, requires_grad=True)
    optimizer = make([x])

    def closure():
        optimizer.zero_grad()
        loss = objective(x[0, 0], x[0, 1])
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        print("    {" + ", ".join(repr(v) for v in x.detach().flatten().tolist()) + "},")


for name, make in {
    "Adam, learning rate 0.1": lambda p: torch.optim.Adam(p, lr=0.1),
    "Adam, learning rate 0.1, betas 0.5, 0.9, epsilon 0.1": lambda p: torch.optim.Adam(p, 0.1, (0.5, 0.9), 0.1),
    "SGD, learning rate 0.05": lambda p: torch.optim.SGD(p, lr=0.05),
    "SGD, momentum 0.9": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "SGD, momentum 0.9, Nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "SGD, weight decay 0.1": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1),
    "AdamW, learning rate 0.1, weight decay 0.2": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2),
    "RMSprop, learning rate 0.05": lambda p: torch.optim.RMSprop(p, lr=0.05),
    "RMSprop, decay 0.9, momentum 0.5": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.9, momentum=0.5),
    "Adadelta, rho 0.95, epsilon 1e-6": lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.95, eps=1e-6),
}.items():
    print(name)
    trajectory(make)

print("L-BFGS, strong Wolfe, Rosenbrock")
make = lambda p: torch.optim.LBFGS(p, max_iter=1, max_eval=26, history_size=5, line_search_fn="strong_wolfe")
trajectory(make, rosenbrock, (-1.2, 1.0), steps=12)
