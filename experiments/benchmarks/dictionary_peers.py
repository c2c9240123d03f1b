"""The dictionary workload of peers.py, top-k: 768 features, 16,384 latents of which 32 are active, in PyTorch and in the
packages that train sparse dictionaries.

Every package makes its own training step, by its own trainer, with its defaults: the revival of dead latents is on where
it is by default, and no latent is dead yet. PyTorch's step is the plain one: encoder, topk, relu, scatter, decoder.
"""

import contextlib
import io
import tempfile
import time

import numpy as np
import torch

import peers

FEATURES, LATENTS, K = 768, 16384, 32
STEPS = 1_000_000  # as many as a trainer is told that there will be


def activations():
    return torch.from_numpy(np.random.default_rng(0).standard_normal((peers.ROWS, FEATURES), dtype=np.float32))


def step(peer, batch):
    torch.set_num_threads(peers.THREADS)
    torch.manual_seed(0)
    library, _, mode = peer.partition("-")
    if library == "sparsify":
        return sparsify_steps(batch)
    rows = activations()
    make = {"torch": lambda: torch_step(mode), "saelens": lambda: saelens_step(batch), "dictionary": dictionary_learning_step}
    update = make[library]()
    return peers.repeat(lambda: update(rows.index_select(0, torch.randint(peers.ROWS, (batch,)))))


def torch_step(mode):
    from torch import nn

    class TopK(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = nn.Linear(FEATURES, LATENTS), nn.Linear(LATENTS, FEATURES)

        def forward(self, x):
            pre_code = self.encoder(x - self.decoder.bias)
            values, places = pre_code.topk(K, dim=1, sorted=False)
            return self.decoder(torch.zeros_like(pre_code).scatter(1, places, values.relu()))

    net = TopK()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=mode != "eager")

    def loss_of(x):
        return (net(x) - x).square().sum(1).mean()

    if mode == "compiled":
        loss_of = torch.compile(loss_of)

    def update(x):
        loss = loss_of(x)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return update


def saelens_step(batch):
    from sae_lens.config import SAETrainerConfig
    from sae_lens.saes import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sae = TopKTrainingSAE(TopKTrainingSAEConfig(d_in=FEATURES, d_sae=LATENTS, k=K))
    config = SAETrainerConfig(total_training_samples=STEPS * batch, train_batch_size_samples=batch, lr_end=3e-5)
    trainer = SAETrainer(config, sae, iter([]))
    return lambda x: trainer.step(x).loss.item()


def dictionary_learning_step():
    from dictionary_learning.trainers.top_k import TopKTrainer

    trainer = TopKTrainer(steps=STEPS, activation_dim=FEATURES, dict_size=LATENTS, k=K, layer=0, lm_name="none", device="cpu")
    count = iter(range(STEPS))
    return lambda x: trainer.update(next(count), x)


def sparsify_steps(batch):
    """The times between the steps of Trainer.fit, on a model that looks the rows up."""
    from sparsify import SparseCoderConfig, TrainConfig, Trainer
    from transformers import PretrainedConfig, PreTrainedModel

    class Rows(PreTrainedModel):
        config_class = PretrainedConfig

        def __init__(self):
            super().__init__(PretrainedConfig())
            self.body = torch.nn.Embedding.from_pretrained(activations())

        @property
        def dummy_inputs(self):
            return {"input_ids": torch.zeros(1, 2, dtype=torch.long)}

        def forward(self, input_ids):
            return self.body(input_ids)

    class Enough(Exception):
        pass

    least, ends = 3, []
    data = [{"input_ids": torch.randint(peers.ROWS, (batch,))} for _ in range(1000)]

    def keep(*_):
        ends.append(time.perf_counter())
        if len(ends) > least + 1 and ends[-1] - ends[1] > peers.SECONDS:
            raise Enough

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        config = TrainConfig(SparseCoderConfig(num_latents=LATENTS, k=K), batch_size=1, optimizer="adam", lr=1e-3,
                             hookpoints=["body"], log_to_wandb=False, save_dir=folder)
        trainer = Trainer(config, data, Rows())
        trainer.saes["body"].register_forward_hook(keep)
        begin = time.perf_counter()
        with contextlib.suppress(Enough):
            trainer.fit()
    times = np.diff(ends[1:]) * 1e3  # the first one also makes the start of its decoder's bias
    return {"median_ms": float(np.median(times)), "min_ms": float(times.min()), "compile_s": ends[1] - begin}
