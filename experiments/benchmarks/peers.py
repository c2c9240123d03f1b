"""Times one workload in another library and prints {"median_ms", "min_ms", "compile_s"} of a training step.

    peers.py PEER WORKLOAD BATCH        python peers.py jax-scan mlp 128

Each workload computes what aelab's workload of the same name does, in float32, with Adam and the same number of threads
(OMP_NUM_THREADS). Batches are gathered at random from 8,192 rows in memory. Every peer uses the best settings that we
know of: see README.md.
"""

import json
import os
import sys
import time

import numpy as np

ROWS, SECONDS = 8192, float(os.environ.get("BENCH_SECONDS", "3"))
THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))
DENSE = {"mlp": (784, 256, 32, 256, 784), "pythae-mlp": (784, 512, 32, 512, 784)}


def images():
    return np.random.default_rng(0).random((ROWS, 784), dtype=np.float32)


def repeat(step, steps_a_call=1):
    """Calls `step` for SECONDS, after a first call that compiles, and returns the time of one training step."""
    begin = time.perf_counter()
    step()
    compile_s = time.perf_counter() - begin
    times, begin = [], time.perf_counter()
    step()
    if time.perf_counter() - begin < SECONDS:
        step()
    begin = time.perf_counter()
    while (spent := time.perf_counter() - begin) < SECONDS or len(times) < 5:
        if len(times) >= 2 and spent > 5 * SECONDS:  # a slow workload
            break
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3 / steps_a_call)
    return {"median_ms": float(np.median(times)), "min_ms": min(times), "compile_s": compile_s}


# ---- PyTorch: eager; with fused Adam; compiled, with fused Adam


def torch_convolutional():
    """The layers of the encoder and of the decoder of Golan (9.A)."""
    from torch import nn

    relu, up = nn.ReLU, lambda: nn.Upsample(scale_factor=2, mode="nearest")
    encoder = [nn.Conv2d(1, 16, 3, padding=1), relu(), nn.MaxPool2d(2),
               nn.Conv2d(16, 8, 3, padding=1), relu(), nn.MaxPool2d(2),
               nn.Conv2d(8, 8, 3, padding=1), relu(), nn.MaxPool2d(2, ceil_mode=True)]  # fmt: skip
    decoder = [nn.Conv2d(8, 8, 3, padding=1), relu(), up(),
               nn.Conv2d(8, 8, 3, padding=1), relu(), up(),
               nn.Conv2d(8, 16, 3), relu(), up(),
               nn.Conv2d(16, 1, 5, padding=2)]  # fmt: skip
    return encoder, decoder


def torch_network(workload):
    from torch import nn

    if workload in DENSE:
        widths = DENSE[workload]
        layers = []
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            layers.append(nn.Linear(a, b))
            if i + 1 not in (len(widths) // 2, len(widths) - 1):
                layers.append(nn.ReLU())
        return nn.Sequential(*layers), False
    encoder, decoder = torch_convolutional()
    return nn.Sequential(*encoder, *decoder), True


def torch_step(mode, workload, batch):
    import torch

    net, convolutional = torch_network(workload)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    return torch_training(mode, net, batch, convolutional, lambda x: bce(net(x), x, reduction="sum") / x.shape[0])


def torch_training(mode, net, batch, convolutional, loss_of):
    """Times steps that minimize loss_of(rows) by the parameters of `net`."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    data = torch.from_numpy(images())
    if convolutional:
        net.to(memory_format=torch.channels_last)
        data = data.view(ROWS, 1, 28, 28)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=mode != "eager")
    if mode == "compiled":
        loss_of = torch.compile(loss_of)

    def step():
        x = data.index_select(0, torch.randint(ROWS, (batch,)))
        loss = loss_of(x)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()

    return repeat(step)


def torch_deep_contractive(batch):
    """784-256-64-16 with sigmoid units and a mirrored decoder; the squared norm of the Jacobian by vmap(jacrev)."""
    import torch
    from torch import nn
    from torch.func import functional_call, jacrev, vmap

    torch.set_num_threads(THREADS)
    encoder = nn.Sequential(nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 64), nn.Sigmoid(),
                            nn.Linear(64, 16), nn.Sigmoid())  # fmt: skip
    decoder = nn.Sequential(nn.Linear(16, 64), nn.Sigmoid(), nn.Linear(64, 256), nn.Sigmoid(), nn.Linear(256, 784))
    both = nn.ModuleList([encoder, decoder])
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-3, fused=True)
    data = torch.from_numpy(images())
    bce = torch.nn.functional.binary_cross_entropy_with_logits

    def step():
        x = data.index_select(0, torch.randint(ROWS, (batch,)))
        parameters = dict(encoder.named_parameters())
        jacobian = vmap(jacrev(lambda row: functional_call(encoder, parameters, (row,))))(x)
        penalty = jacobian.square().sum((1, 2)).mean()
        loss = bce(decoder(encoder(x)), x, reduction="sum") / batch + 0.1 * penalty
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()

    return repeat(step)


# ---- JAX: a jitted step; a jitted scan over many steps


def jax_convolutional():
    """Golan's network (9.A) in NHWC: the shapes of its weights, three of the encoder and four of the decoder, and both."""
    import jax
    import jax.numpy as jnp

    shapes = [(3, 3, 1, 16), (3, 3, 16, 8), (3, 3, 8, 8), (3, 3, 8, 8), (3, 3, 8, 8), (3, 3, 8, 16), (5, 5, 16, 1)]
    relu = jax.nn.relu

    def convolution(x, layer, padding="SAME"):
        dimensions = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, layer[0], (1, 1), padding, dimension_numbers=dimensions) + layer[1]

    def pool(x, padding="VALID"):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), padding)

    def enlarge(x):
        return jnp.repeat(jnp.repeat(x, 2, 1), 2, 2)

    def encode(p, x):
        x = pool(relu(convolution(x, p[0])))
        x = pool(relu(convolution(x, p[1])))
        return pool(relu(convolution(x, p[2])), "SAME")

    def decode(p, x):
        x = enlarge(relu(convolution(x, p[0])))
        x = enlarge(relu(convolution(x, p[1])))
        x = enlarge(relu(convolution(x, p[2], "VALID")))
        return convolution(x, p[3])

    return shapes, encode, decode


def jax_weights(*shape):
    """Of a layer whose weights have this shape: weights and bias."""
    import jax.numpy as jnp

    rng = np.random.default_rng(list(shape))
    return jnp.asarray(rng.normal(0, 0.05, shape).astype(np.float32)), jnp.zeros(shape[-1])


def jax_step(mode, workload, batch):
    import jax
    import optax

    if workload in DENSE:
        widths = DENSE[workload]
        parameters = [jax_weights(a, b) for a, b in zip(widths, widths[1:])]
        linear = (len(widths) // 2, len(widths) - 1)

        def forward(p, x):
            for i, (w, b) in enumerate(p):
                x = x @ w + b
                if i + 1 not in linear:
                    x = jax.nn.relu(x)
            return x

        shape = (ROWS, 784)
    else:
        shapes, encode, decode = jax_convolutional()
        parameters = [jax_weights(*shape) for shape in shapes]

        def forward(p, x):
            return decode(p[3:], encode(p[:3], x))

        shape = (ROWS, 28, 28, 1)

    def loss_of(p, x, seed):
        return optax.sigmoid_binary_cross_entropy(forward(p, x), x).sum() / x.shape[0]

    return jax_training(mode, parameters, batch, shape, loss_of)


def jax_training(mode, parameters, batch, shape, loss_of):
    """Times steps that minimize loss_of(parameters, rows, number of the step); the rows are images of this shape."""
    import jax
    import jax.numpy as jnp
    import optax

    rng = np.random.default_rng(0)
    data = jnp.asarray(images().reshape(shape))
    optimizer = optax.adam(1e-3)

    def update(carry, inputs):
        p, state = carry
        rows, seed = inputs
        loss, gradients = jax.value_and_grad(loss_of)(p, data[rows], seed)
        changes, state = optimizer.update(gradients, state)
        return (optax.apply_updates(p, changes), state), loss

    carry = (parameters, optimizer.init(parameters))
    count = max(1, ROWS // batch) if mode == "scan" else 1
    order = jnp.asarray(np.stack([rng.permutation(ROWS)[:batch] for _ in range(count)]))
    call = jax.jit(lambda c, o: jax.lax.scan(update, c, o)) if mode == "scan" else jax.jit(update, donate_argnums=0)
    inputs = (order, jnp.arange(count)) if mode == "scan" else (order[0], jnp.asarray(0))

    def step():
        nonlocal carry
        carry, loss = call(carry, inputs)
        loss.block_until_ready()

    return repeat(step, count)


# ---- Keras 3, on torch or on JAX


def keras_step(backend, workload, batch):
    os.environ["KERAS_BACKEND"] = backend
    import keras
    from keras import layers

    if backend == "torch":
        import torch

        torch.set_num_threads(THREADS)
    if workload in DENSE:
        widths = DENSE[workload]
        activations = ["linear" if i in (len(widths) // 2, len(widths) - 1) else "relu" for i in range(1, len(widths))]
        net = keras.Sequential([layers.Input((widths[0],))] +
                               [layers.Dense(w, activation=a) for w, a in zip(widths[1:], activations)])  # fmt: skip
        data = images()
    else:
        same = {"padding": "same", "activation": "relu"}
        net = keras.Sequential([
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, **same), layers.MaxPooling2D(2),
            layers.Conv2D(8, 3, **same), layers.MaxPooling2D(2),
            layers.Conv2D(8, 3, **same), layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(8, 3, **same), layers.UpSampling2D(2),
            layers.Conv2D(8, 3, **same), layers.UpSampling2D(2),
            layers.Conv2D(16, 3, activation="relu"), layers.UpSampling2D(2),
            layers.Conv2D(1, 5, padding="same")])  # fmt: skip
        data = images().reshape(ROWS, 28, 28, 1)
    net.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return repeat(lambda: net.fit(data, data, batch_size=batch, epochs=1, verbose=0), ROWS // batch)


# ---- whole jobs


def scikit_learn_pca(rows):
    from sklearn.decomposition import PCA

    data = np.random.default_rng(0).random((rows, 784), dtype=np.float32)
    best = None
    for solver in ("covariance_eigh", "randomized"):
        found = repeat(lambda: PCA(32, svd_solver=solver, random_state=0).fit(data))
        if best is None or found["median_ms"] < best["median_ms"]:
            best = found | {"solver": solver}
    return best


def pythae_epoch(kind, folder):
    """One epoch of MNIST, whose files are in `folder`, with a progress bar and checkpoints: (3 epochs - 1 epoch) / 2. By
    pythae's AE or VAE, whose encoders are 784-512-code; a VAE's code has 20 dimensions."""
    import gzip

    import torch
    from pythae.models import AE, AEConfig, VAE, VAEConfig
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.data.datasets import BaseDataset

    torch.set_num_threads(THREADS)
    with gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 1, 28, 28)
    data = torch.from_numpy(pixels.astype(np.float32) / 255)
    dataset = BaseDataset(data, torch.zeros(len(data)))

    def train(epochs):
        if kind == "vae":
            model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=20, reconstruction_loss="bce"))
        else:
            model = AE(AEConfig(input_dim=(1, 28, 28), latent_dim=32))
        config = BaseTrainerConfig(output_dir="build/benchmarks/pythae", num_epochs=epochs, learning_rate=1e-3,
                                   per_device_train_batch_size=128, steps_saving=1)  # fmt: skip
        begin = time.perf_counter()
        BaseTrainer(model, dataset, training_config=config).train()
        return time.perf_counter() - begin

    once = train(1)
    epoch_ms = (train(3) - once) / 2 * 1e3
    return {"median_ms": epoch_ms, "min_ms": epoch_ms, "compile_s": 0}


def jax_start():
    """Does what `aelab run` does for one training step on digits; run.py times the whole process."""
    import jax
    import jax.numpy as jnp

    def loss_of(p, x):
        h = jax.nn.relu(x @ p[0])
        y = jax.nn.relu(h @ p[1]) @ p[2]
        return jnp.mean(jnp.square(y - x))

    p = [jnp.ones((64, 64)), jnp.ones((64, 16)), jnp.ones((16, 64))]
    gradients = jax.jit(jax.grad(loss_of))(p, jnp.ones((64, 64)))
    gradients[0].block_until_ready()
    return {"median_ms": 0, "min_ms": 0, "compile_s": 0}


def main():
    peer, workload, size = sys.argv[1], sys.argv[2], sys.argv[3]
    library, _, mode = peer.partition("-")
    if workload == "deep-contractive":
        result = torch_deep_contractive(int(size))
    elif workload == "pca":
        result = scikit_learn_pca(int(size))
    elif workload in ("epoch", "vae-epoch"):
        result = pythae_epoch(workload.removesuffix("epoch").rstrip("-"), size)
    elif workload in ("vae", "iwae", "convolutional-vae", "vq-vae"):
        import generative_peers

        result = {"torch": generative_peers.torch_step, "jax": generative_peers.jax_step}[library](mode, workload, int(size))
    elif workload == "top-k":
        import dictionary_peers

        result = dictionary_peers.step(peer, int(size))
    elif workload == "start":
        result = jax_start()
    else:
        result = {"torch": torch_step, "jax": jax_step, "keras": keras_step}[library](mode, workload, int(size))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
