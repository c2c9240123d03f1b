"""What aelab writes, read by others: safetensors, and a PyTorch re-implementation of its models fed with a
checkpoint's weights, which must measure what evaluation.json says."""

import gzip
import json
import struct
import sys

import program

try:
    import numpy
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
    from torch.nn import functional
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

MNIST = program.SOURCE / "data/mnist"
LECTURE = {  # layer of the checkpoint -> padding
    "encoder_0": 1,
    "encoder_2": 1,
    "encoder_4": 1,
    "decoder_0": 1,
    "decoder_2": 1,
    "decoder_4": 0,
    "decoder_6": 2,
}


def read_idx(path):
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = struct.unpack(f">{dimensions}I", content[4 : 4 + 4 * dimensions])
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def write_idx(path, array):
    path.write_bytes(
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    )
    return str(path)


def pixels(images):
    return torch.from_numpy(images.astype(numpy.float32) / 255).unsqueeze(1)


class Weights:
    """A checkpoint's model, its tensors by their short names."""

    def __init__(self, path):
        self.tensors = {
            name.removeprefix("model.backbone."): tensor
            for name, tensor in load_file(path).items()
            if name.startswith("model.")
        }

    def __getitem__(self, name):
        return self.tensors[name]

    def linear(self, layer, x):
        return functional.linear(x, self[f"{layer}.weight"], self[f"{layer}.bias"])

    def conv(self, layer, x):
        return functional.conv2d(x, self[f"{layer}.weight"], self[f"{layer}.bias"], padding=LECTURE[layer])


def dense(weights, x):
    hidden = torch.tanh(weights.linear("encoder_0", x.flatten(1)))
    code = torch.sigmoid(weights.linear("encoder_1", hidden))
    hidden = torch.tanh(weights.linear("decoder_0", code))
    return torch.sigmoid(weights.linear("decoder_1", hidden)).reshape(x.shape)


def tied(weights, x):
    code = weights.linear("encoder_0", x.flatten(1))
    return functional.linear(code, weights["encoder_0.weight"].t(), weights["decoder_0_bias"]).reshape(
        x.shape
    )


def lecture(weights, x):
    x = functional.max_pool2d(functional.relu(weights.conv("encoder_0", x)), 2)
    x = functional.max_pool2d(functional.relu(weights.conv("encoder_2", x)), 2)
    x = functional.max_pool2d(functional.relu(weights.conv("encoder_4", x)), 2, ceil_mode=True)
    for layer in ("decoder_0", "decoder_2", "decoder_4"):
        x = functional.interpolate(functional.relu(weights.conv(layer, x)), scale_factor=2, mode="nearest")
    return torch.sigmoid(weights.conv("decoder_6", x))


def cross_entropy(x, y):
    y = y.clip(1e-7, 1 - 1e-7)
    return -(x * numpy.log(y) + (1 - x) * numpy.log1p(-y))


def reconstruction_metrics(x, y):
    error = ((x - y) ** 2).sum(axis=1)
    return {
        "reconstruction/mse": error.mean() / x.shape[1],
        "reconstruction/squared_error": error.mean(),
        "reconstruction/bce_per_pixel": cross_entropy(x, y).mean(),
        "reconstruction/explained_variance": 1 - error.sum() / ((x - x.mean(axis=0)) ** 2).sum(),
    }


CANDIDATES = {
    "both_rounded": lambda x, y: (x.round() == y.round()).mean(),
    "keras_binary": lambda x, y: (x == y.round()).mean(),
    "one_minus_mae": lambda x, y: 1 - abs(x - y).mean(),
    "one_minus_bce": lambda x, y: 1 - cross_entropy(x, y).mean(),
    "within_tenth": lambda x, y: (abs(x - y) <= 0.1).mean(),
}


def accuracies(x, reconstructions):
    return {
        f"accuracy/{name}{suffix}": measure(x, y)
        for name, measure in CANDIDATES.items()
        for suffix, y in reconstructions.items()
    }


def pca(train, x, components):
    mean = train.mean(axis=0)
    axes = numpy.linalg.svd(train - mean, full_matrices=False)[2][:components]
    return (mean + (x - mean) @ axes.T @ axes).clip(0, 1)


def flat(tensor):
    return tensor.flatten(1).numpy().astype(numpy.float64)


class Clients(program.TestCase):
    def assert_measured(self, folder, expected):
        measured = program.read_json(folder / "evaluation.json")["metrics"]
        for name, value in expected.items():
            # The cross-entropy is steep where PCA's pixels are 0 but for float32's rounding.
            tolerance = 1e-4 if name == "accuracy/one_minus_bce/pca" else 1e-5
            self.assertAlmostEqual(measured[name], value, delta=tolerance * max(abs(value), 1e-2), msg=name)
        return measured

    def reconstruct(self, folder, net, x):
        with torch.no_grad():
            return torch.cat(
                [net(Weights(folder / "checkpoints/best.safetensors"), part) for part in x.split(1000)]
            )

    def test_the_lectures_net_on_mnist(self):
        folder = self.train(
            {
                "name": "lecture",
                "data": {"source": "mnist", "validation": 100, "train": 256},
                "model": "convolutional",
                "training": {"epochs": 1, "batch_size": 32},
                "evaluation": ["reconstruction", "accuracy"],
            }
        )
        weights = Weights(folder / "checkpoints/best.safetensors")
        self.assertEqual(sum(tensor.numel() for tensor in weights.tensors.values()), 4641)
        x = pixels(read_idx(MNIST / "t10k-images-idx3-ubyte.gz"))
        self.assertEqual(len(x), 10000)
        y = self.reconstruct(folder, lecture, x)
        x, y = flat(x), flat(y)
        self.assert_measured(
            folder,
            {**reconstruction_metrics(x, y), **accuracies(x, {"": y, "/ceiling": x, "/zero_image": 0 * x})},
        )

    def test_dense_nets_and_all_baselines_on_idx_files(self):
        """Without validation the training split is the file, whatever its order."""
        train, test = (
            read_idx(MNIST / "train-images-idx3-ubyte.gz")[:600],
            read_idx(MNIST / "t10k-images-idx3-ubyte.gz")[:500],
        )
        data = {
            "source": "idx",
            "validation": 0,
            "files": write_idx(self.folder / "train", train),
            "test_files": write_idx(self.folder / "test", test),
        }
        x = pixels(test)
        for net, model in (
            (
                dense,
                {
                    "hidden": [40],
                    "activation": "tanh",
                    "code": 12,
                    "bottleneck": {"kind": "deterministic", "activation": "sigmoid"},
                },
            ),
            (tied, {"tied": True, "code": 7, "likelihood": "gaussian"}),
        ):
            with self.subTest(net.__name__):
                folder = self.train(
                    {
                        "name": net.__name__,
                        "data": data,
                        "model": {"variant": "dense", **model},
                        "training": {"epochs": 3, "batch_size": 50},
                        "evaluation": ["reconstruction", "accuracy"],
                    }
                )
                y = flat(self.reconstruct(folder, net, x))
                if net is tied:  # its reconstructions leave [0, 1]
                    expected = reconstruction_metrics(flat(x), y)
                    del expected["reconstruction/bce_per_pixel"]
                    measured = self.assert_measured(folder, expected)
                    self.assertEqual(
                        {value for name, value in measured.items() if name not in expected},
                        {"not applicable"},
                    )
                    continue
                seen = flat(pixels(train))
                baselines = {
                    "": y,
                    "/ceiling": flat(x),
                    "/zero_image": 0 * y,
                    "/mean_image": seen.mean(axis=0) + 0 * y,
                    "/pca": pca(seen, flat(x), model["code"]),
                }
                expected = {**reconstruction_metrics(flat(x), y), **accuracies(flat(x), baselines)}
                self.assertEqual(self.assert_measured(folder, expected).keys(), expected.keys())

    def test_checkpoints_open_in_safetensors(self):
        folder = self.train(
            program.small_run(
                training={"epochs": 1, "optimizer": {"kind": "sgd", "momentum": 0.9, "learning_rate": 0.001}}
            )
        )
        for name in ("last", "best"):
            with safe_open(folder / f"checkpoints/{name}.safetensors", framework="np") as file:
                metadata = json.loads(file.metadata()["aelab"])
                self.assertEqual(metadata["format"], 2)
                self.assertEqual(metadata["progress"]["epoch"], 1)
                tensors = {key: file.get_tensor(key) for key in file.keys()}
            self.assertEqual(
                {key: tensor.shape for key, tensor in tensors.items() if key.startswith("model.")},
                {
                    "model.backbone.encoder_0.weight": (8, 64),
                    "model.backbone.encoder_0.bias": (8,),
                    "model.backbone.decoder_0.weight": (64, 8),
                    "model.backbone.decoder_0.bias": (64,),
                },
            )
            for key, tensor in tensors.items():
                self.assertTrue(numpy.isfinite(tensor).all(), key)
            momentum = tensors["optimizer.model.backbone.encoder_0.weight.velocity"]
            self.assertEqual(momentum.shape, (8, 64))
            self.assertTrue(momentum.any())

    def test_what_safetensors_wrote_is_no_checkpoint(self):
        from safetensors.torch import save_file

        folder = self.train(program.small_run())
        path = folder / "checkpoints/best.safetensors"
        save_file(load_file(path), path)
        self.assert_refused(program.run("evaluate", folder), f"{path}: is not a checkpoint of aelab")


if __name__ == "__main__":
    program.main()
