#!/usr/bin/env python3
"""Mult-VAE as RecBole 1.2.1 defines it, in PyTorch, and ranking by popularity and by item-based neighbors, on the files of
prepare.py; and RecBole's own recall and NDCG of what a run of aelab ranks.

    PYTHONPATH=recbole-1.2.1 build/python/bin/python experiments/baskets/peers.py FOLDER SEEDS [RUN PROGRAM]"""

import json
import pathlib
import subprocess
import sys

import numpy
import scipy.sparse
import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/evaluation"))
from reference_recommendation import measured

K = (10, 20, 50)


class MultVae(torch.nn.Module):
    """recbole/model/general_recommender/multivae.py with its default layers, but codes drawn with their deviation."""

    def __init__(self, items, hidden=600, code=64):
        super().__init__()
        self.encoder = torch.nn.Sequential(torch.nn.Linear(items, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 2 * code))
        self.decoder = torch.nn.Sequential(torch.nn.Linear(code, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, items))
        for layer in self.modules():
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.xavier_normal_(layer.weight)
                torch.nn.init.zeros_(layer.bias)

    def forward(self, x):
        h = functional.dropout(functional.normalize(x), 0.5, self.training)
        mean, log_variance = self.encoder(h).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp() if self.training else mean
        return self.decoder(z), mean, log_variance


def mult_vae(train, read, seed, epochs=100, cap=0.2):
    torch.manual_seed(seed)
    x = torch.from_numpy(train)
    model = MultVae(train.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    steps, step = epochs * -(-len(x) // 128), 0
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x)).split(128):
            beta, step = cap * step / steps, step + 1
            y, mean, log_variance = model(x[rows])
            divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(1).mean()
            loss = -(functional.log_softmax(y, 1) * x[rows]).sum(1).mean() + beta * divergence
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        return model(torch.from_numpy(read))[0].numpy()


def neighbors(train, read):
    """Scores of items by the cosines of their columns."""
    norms = numpy.linalg.norm(train, axis=0).clip(1e-12)
    cosines = (train.T @ train) / norms[:, None] / norms
    numpy.fill_diagonal(cosines, 0)
    return read @ cosines


def show(name, scores, read, held_out):
    values = measured(scores, read > 0, held_out > 0, K)
    print(f"{name:24}", "  ".join(f"{key} {value:.4f}" for key, value in values.items()), flush=True)
    return values


def main():
    folder, seeds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    train, read, held_out = (scipy.sparse.load_npz(folder / f"{name}.npz").toarray() for name in ("users", "test-users", "test-items"))
    show("popularity", numpy.broadcast_to(train.sum(0), read.shape), read, held_out)
    show("neighbors of items", neighbors(train, read), read, held_out)
    for seed in range(1, seeds + 1):
        show(f"Mult-VAE, seed {seed}", mult_vae(train, read, seed), read, held_out)
    if len(sys.argv) > 4:
        run, program = sys.argv[3:]
        said = subprocess.run([program, "apply", run, "--write", "reconstruction", "--json"], check=True, capture_output=True)
        scores = numpy.load(pathlib.Path(json.loads(said.stdout)["folder"]) / "reconstruction.npy")
        values = show("aelab, by RecBole", scores, read, held_out)
        own = json.loads((pathlib.Path(run) / "evaluation.json").read_text())["metrics"]
        print("largest difference", max(abs(own[f"recommendation/{name}"] - value) for name, value in values.items()))


if __name__ == "__main__":
    main()
