"""The generative workloads of peers.py in PyTorch and JAX: what `aelab bench` computes under the same names.

vae, iwae and vq-vae are 784-400-20-400-784 with relu (vq-vae 784-400-64: 16 vectors of four values, of a codebook of
512 that is trained by gradients, with a commitment of 1/4); iwae draws five codes of each row; convolutional-vae is
Golan's network (9.A) with a 1x1 convolution to means and logarithms of variances. The objectives are in nats a row.
"""

import math

import peers

CODE, SAMPLES, VECTORS, DIMENSION, CODEBOOK, COMMITMENT = 20, 5, 16, 4, 512, 0.25


def torch_step(mode, workload, batch):
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.ModuleDict()
    if workload == "convolutional-vae":
        encoder, decoder = peers.torch_convolutional()
        net["encoder"] = nn.Sequential(*encoder, nn.Conv2d(8, 16, 1))
        net["decoder"] = nn.Sequential(*decoder)
    else:
        code = VECTORS * DIMENSION if workload == "vq-vae" else CODE
        pre_code = code if workload == "vq-vae" else 2 * code
        net["encoder"] = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, pre_code))
        net["decoder"] = nn.Sequential(nn.Linear(code, 400), nn.ReLU(), nn.Linear(400, 784))
    encode, decode = net["encoder"], net["decoder"]
    bce = nn.functional.binary_cross_entropy_with_logits

    def vae(x):
        mean, log_variance = encode(x).chunk(2, 1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum()
        return (bce(decode(z), x, reduction="sum") + kl) / x.shape[0]

    def iwae(x):
        mean, log_variance = (part.unsqueeze(1) for part in encode(x).chunk(2, 1))
        noise = torch.randn(x.shape[0], SAMPLES, CODE)
        z = mean + (0.5 * log_variance).exp() * noise
        target = x.unsqueeze(1).expand(-1, SAMPLES, -1)
        log_weight = 0.5 * (noise.square() + log_variance - z.square()).sum(2)
        log_weight = log_weight - bce(decode(z), target, reduction="none").sum(2)
        return (math.log(SAMPLES) - log_weight.logsumexp(1)).mean()

    if workload == "vq-vae":
        net.register_parameter("codebook", nn.Parameter(torch.randn(CODEBOOK, DIMENSION)))

    def vq_vae(x):
        pre_code, codebook = encode(x), net.codebook
        vectors = pre_code.view(-1, DIMENSION)
        with torch.no_grad():
            nearest = (codebook.square().sum(1) - 2 * vectors @ codebook.t()).argmin(1)
        chosen = codebook[nearest].view_as(pre_code)
        code = pre_code + (chosen - pre_code).detach()
        distance = (chosen - pre_code.detach()).square().sum() + COMMITMENT * (pre_code - chosen.detach()).square().sum()
        return (bce(decode(code), x, reduction="sum") + distance) / x.shape[0]

    loss_of = {"iwae": iwae, "vq-vae": vq_vae}.get(workload, vae)
    return peers.torch_training(mode, net, batch, workload == "convolutional-vae", loss_of)


def jax_step(mode, workload, batch):
    import jax
    import jax.numpy as jnp
    import optax

    if workload == "convolutional-vae":
        shapes, encode_image, decode_code = peers.jax_convolutional()
        shapes.insert(3, (8, 16))
        shape = (peers.ROWS, 28, 28, 1)

        def encode(p, x):
            return encode_image(p[:3], x) @ p[3][0] + p[3][1]

        def decode(p, z):
            return decode_code(p[4:8], z)
    else:
        code = VECTORS * DIMENSION if workload == "vq-vae" else CODE
        pre_code = code if workload == "vq-vae" else 2 * code
        shapes = [(784, 400), (400, pre_code), (code, 400), (400, 784)]
        shape = (peers.ROWS, 784)

        def layers(p, x):
            return jax.nn.relu(x @ p[0][0] + p[0][1]) @ p[1][0] + p[1][1]

        def encode(p, x):
            return layers(p[:2], x)

        def decode(p, z):
            return layers(p[2:4], z)

    parameters = [peers.jax_weights(*layer) for layer in shapes]
    if workload == "vq-vae":
        parameters.append(jax.random.normal(jax.random.key(0), (CODEBOOK, DIMENSION)))
    bce = optax.sigmoid_binary_cross_entropy

    def normal(seed, shape):
        return jax.random.normal(jax.random.key(seed, impl="rbg"), shape)

    def vae(p, x, seed):
        mean, log_variance = jnp.split(encode(p, x), 2, -1)
        z = mean + jnp.exp(0.5 * log_variance) * normal(seed, mean.shape)
        kl = 0.5 * (mean**2 + jnp.exp(log_variance) - log_variance - 1).sum()
        return (bce(decode(p, z), x).sum() + kl) / x.shape[0]

    def iwae(p, x, seed):
        mean, log_variance = (part[:, None] for part in jnp.split(encode(p, x), 2, -1))
        noise = normal(seed, (x.shape[0], SAMPLES, CODE))
        z = mean + jnp.exp(0.5 * log_variance) * noise
        log_weight = 0.5 * (noise**2 + log_variance - z**2).sum(2) - bce(decode(p, z), x[:, None]).sum(2)
        return (math.log(SAMPLES) - jax.nn.logsumexp(log_weight, 1)).mean()

    def vq_vae(p, x, seed):
        pre_code, codebook = encode(p, x), p[-1]
        vectors = pre_code.reshape(-1, DIMENSION)
        nearest = jax.lax.stop_gradient((codebook**2).sum(1) - 2 * vectors @ codebook.T).argmin(1)
        chosen = codebook[nearest].reshape(pre_code.shape)
        fixed = jax.lax.stop_gradient
        distance = ((chosen - fixed(pre_code)) ** 2).sum() + COMMITMENT * ((pre_code - fixed(chosen)) ** 2).sum()
        return (bce(decode(p, pre_code + fixed(chosen - pre_code)), x).sum() + distance) / x.shape[0]

    loss_of = {"iwae": iwae, "vq-vae": vq_vae}.get(workload, vae)
    return peers.jax_training(mode, parameters, batch, shape, loss_of)
