"""A variational autoencoder of PyTorch's, by its weights: the same lower bound and likelihood in both, of the same codes.

The codes are drawn in the test by a second implementation of aelab's noise: Philox4x32-10 (Salmon et al. 2011) and the
transform of Box and Muller (1958), in NumPy and float64."""

import sys

import program

try:
    import numpy
    import torch
    from safetensors.torch import save_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

FEATURES, HIDDEN, CODE, ROWS, SAMPLES, SEED = 12, 16, 3, 50, 40, 5
NAMES = [
    {"from": "encoder.0", "to": "backbone.encoder_0"},
    {"from": "encoder.2", "to": "backbone.encoder_1"},
    {"from": "decoder.0", "to": "backbone.decoder_0"},
    {"from": "decoder.2", "to": "backbone.decoder_1"},
]
WORD, LONG = (1 << 32) - 1, (1 << 64) - 1


def mixed(x):
    """The finalizer of SplitMix64."""
    x = (x + 0x9E3779B97F4A7C15) & LONG
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & LONG
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & LONG
    return x ^ (x >> 31)


def key_of(seed, stream):
    fnv = 0xCBF29CE484222325
    for byte in stream.encode():
        fnv = ((fnv ^ byte) * 0x100000001B3) & LONG
    return mixed(mixed(seed) ^ mixed(fnv))


def philox(counter, key):
    word, key = list(counter), [key & WORD, key >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * word[0], 0xCD9E8D57 * word[2]
        word = [(second >> 32) ^ word[1] ^ key[0], second & WORD, (first >> 32) ^ word[3] ^ key[1], first & WORD]
        key = [(key[0] + 0x9E3779B9) & WORD, (key[1] + 0xBB67AE85) & WORD]
    return word


def normal_numbers(count, key, row):
    """The standard normal numbers of a row in pass 0: those of block b are at b, b + blocks, b + 2 blocks, b + 3 blocks."""
    blocks = (count + 3) // 4
    numbers = numpy.empty(4 * blocks)
    for block in range(blocks):
        word = philox((block, 0, row & WORD, row >> 32), key)
        for pair in range(2):
            uniform = ((word[2 * pair] >> 1) | 1) * 2.0**-31
            radius, angle = numpy.sqrt(-2 * numpy.log(uniform)), 2 * numpy.pi * word[2 * pair + 1] * 2.0**-32
            numbers[2 * pair * blocks + block] = radius * numpy.cos(angle)
            numbers[(2 * pair + 1) * blocks + block] = radius * numpy.sin(angle)
    return numbers[:count]


class PyTorchVae(program.TestCase):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)
        linear, tanh = torch.nn.Linear, torch.nn.Tanh
        self.module = torch.nn.ModuleDict(
            {
                "encoder": torch.nn.Sequential(linear(FEATURES, HIDDEN), tanh(), linear(HIDDEN, 2 * CODE)),
                "decoder": torch.nn.Sequential(linear(CODE, HIDDEN), tanh(), linear(HIDDEN, FEATURES)),
            }
        )
        for parameter in self.module.parameters():
            parameter.data *= 2  # so that no term is small
        save_file(self.module.state_dict(), self.folder / "theirs.safetensors")
        self.module.double()
        random = numpy.random.default_rng(1)
        for name, rows in (("train", 100), ("test", ROWS)):
            numpy.save(self.folder / f"{name}.npy", random.integers(0, 2, (rows, FEATURES)).astype("float32"))

    def measured(self, likelihood):
        config = {
            "name": "theirs",
            "data": {"source": "npy", "files": [str(self.folder / "train.npy")], "test_files": [str(self.folder / "test.npy")]},
            "model": {
                "variant": "vae",
                "code": CODE,
                "backbone": {"kind": "dense", "hidden": [HIDDEN], "activation": "tanh"},
                "likelihood": likelihood,
                "initialize_from": {"path": str(self.folder / "theirs.safetensors"), "names": NAMES},
            },
            "training": {"epochs": 1, "optimizer": {"kind": "sgd", "learning_rate": 0}},
            "evaluation": [{"kind": "likelihood", "samples": SAMPLES, "seed": SEED}],
        }
        return program.read_json(self.train(config) / "evaluation.json")["metrics"]

    def expected(self, distribution):
        """By torch.distributions: log p(x | z) + log p(z) - log q(z | x) of each code of each row."""
        x = torch.from_numpy(numpy.load(self.folder / "test.npy")).double()
        key = key_of(SEED, "likelihood/code")
        noise = numpy.stack([normal_numbers(SAMPLES * CODE, key, row) for row in range(ROWS)])
        noise = torch.from_numpy(noise).view(ROWS, SAMPLES, CODE)
        with torch.no_grad():
            mean, log_variance = self.module["encoder"](x).chunk(2, 1)
            posterior = torch.distributions.Normal(mean.unsqueeze(1), (0.5 * log_variance).exp().unsqueeze(1))
            code = posterior.mean + posterior.stddev * noise
            prior = torch.distributions.Normal(0.0, 1.0).log_prob(code).sum(2)
            given = distribution(self.module["decoder"](code)).log_prob(x.unsqueeze(1)).sum(2)
            weights = given + prior - posterior.log_prob(code).sum(2)
            return weights.mean().item(), (numpy.log(SAMPLES) - weights.logsumexp(1)).mean().item()

    def compare(self, likelihood, distribution):
        metrics, (elbo, nll) = self.measured(likelihood), self.expected(distribution)
        print(f"{likelihood['kind']}: elbo {metrics['likelihood/elbo']:.7f}, PyTorch's {elbo:.7f}")
        self.assertLess(abs(metrics["likelihood/elbo"] - elbo), 1e-5)
        self.assertLess(abs(metrics["likelihood/nll"] - nll), 1e-5)

    def test_of_binary_rows(self):
        self.compare({"kind": "bernoulli"}, lambda output: torch.distributions.Bernoulli(logits=output))

    def test_of_gaussian_rows(self):
        self.compare({"kind": "gaussian", "deviation": 0.7}, lambda output: torch.distributions.Normal(output, 0.7))


if __name__ == "__main__":
    program.main()
