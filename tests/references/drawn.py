"""The weights and rows that the golden files start from: uniform numbers of few digits, which any machine draws alike.

Sizes are those of all golden files: rows of D = 6 numbers, N = 12 latents, batches of ROWS = 8. Only Python's
random.Random(seed).random() is used, whose sequence Python guarantees."""

import random

import torch

D, N, ROWS = 6, 12, 8


def uniform(seed, shape, low, high, digits=3):
    generator = random.Random(seed)
    count = 1
    for size in shape:
        count *= size
    values = [round(low + (high - low) * generator.random(), digits) for _ in range(count)]
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


def rows(seed, count=ROWS, mean=0.0):
    return uniform(f"rows {seed}", (count, D), -2, 2, 2) + mean


def weights(seed, quiet=()):
    """Encoder [N, D], encoder bias [N], decoder [N, D] with rows of different norms, decoder bias [D]. Latents in
    `quiet` have biases that are lower by 1.25: they seldom fire, and a counter may call them dead."""
    encoder_bias = uniform(f"encoder bias {seed}", (N,), -0.2, 0.3)
    encoder_bias[list(quiet)] -= 1.25
    return {
        "encoder": uniform(f"encoder {seed}", (N, D), -0.8, 0.8),
        "encoder_bias": encoder_bias,
        "decoder": uniform(f"decoder {seed}", (N, D), -0.6, 0.6),
        "decoder_bias": uniform(f"decoder bias {seed}", (D,), -0.2, 0.2),
    }


def quiet_of(counters, limit):
    """The latents that the counters call dead, but for the last one: a dead latent may fire, too."""
    return [latent for latent, count in enumerate(counters[:-1]) if count > limit]
