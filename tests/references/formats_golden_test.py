#!/usr/bin/env python3
"""The golden format files say how to read the folders: from the saved tensors and JSON alone, NumPy gives the codes and
outputs that the packages give after loading them."""

import json
import pathlib
import unittest

import numpy as np

from definitions import largest, relu, saelens_pursuit

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "formats"


def saelens(config, t, x):
    kind = config["architecture"]
    if kind == "matching_pursuit":
        code = saelens_pursuit(config, t, x)[2]
        return code, code @ t["W_dec"] + t["b_dec"]
    centered = x - t["b_dec"] if config["apply_b_dec_to_input"] else x
    if kind == "gated":
        code = (centered @ t["W_enc"] + t["b_gate"] > 0) * relu(centered @ t["W_enc"] * np.exp(t["r_mag"]) + t["b_mag"])
    else:
        pre = centered @ t["W_enc"] + t["b_enc"]
        code = {"standard": lambda: relu(pre), "skip_transcoder": lambda: relu(pre),
                "jumprelu": lambda: relu(pre) * (pre > t["threshold"]),
                "topk": lambda: relu(largest(pre, config["k"])),
                "abstopk": lambda: largest(pre, config["k"], np.abs(pre))}[kind]()
    return code, code @ t["W_dec"] + t["b_dec"] + (x @ t["W_skip"].T if "W_skip" in t else 0)


def sparsify(config, t, x):
    centered = x if config["transcode"] else x - t["b_dec"]
    code = largest(relu(centered @ t["encoder.weight"].T + t["encoder.bias"]), config["k"])
    return code, code @ t["W_dec"] + t["b_dec"] + (x @ t["W_skip"].T if config["skip_connection"] else 0)


def dictionary_learning(config, t, x):
    kind = config["trainer"]["dict_class"]
    encoder = t["W_enc"] if "W_enc" in t else t["encoder.weight"].T
    decoder = t["W_dec"] if "W_dec" in t else t["decoder.weight"].T
    bias = t[{"AutoEncoder": "bias", "GatedAutoEncoder": "decoder_bias"}.get(kind, "b_dec")]
    pre = (x if kind == "JumpReluAutoEncoder" else x - bias) @ encoder
    if kind == "GatedAutoEncoder":
        code = (pre + t["gate_bias"] > 0) * relu(np.exp(t["r_mag"]) * pre + t["mag_bias"])
    else:
        active = relu(pre + (t["b_enc"] if "b_enc" in t else t["encoder.bias"]))
        code = {"AutoEncoder": lambda: active, "AutoEncoderTopK": lambda: largest(active, int(t["k"]))}.get(
            kind, lambda: active * (active > t["threshold"]))()
    return code, code @ decoder + bias


class Formats(unittest.TestCase):
    def test_folders_are_read_by_their_layout(self):
        count = 0
        for path in sorted(GOLDEN.glob("*.json")):
            case = json.loads(path.read_text(encoding="utf-8"))
            if "files" not in case:
                continue
            count += 1
            with self.subTest(path.stem):
                self.assertEqual(len(case["files"]), 2)
                config = next(content for name, content in case["files"].items() if name.endswith(".json"))
                tensors = next(content for name, content in case["files"].items() if not name.endswith(".json"))["tensors"]
                values = {name: np.array(tensor["values"], dtype=np.float64) for name, tensor in tensors.items()}
                for name, tensor in tensors.items():
                    self.assertEqual(list(values[name].shape), tensor["shape"], name)
                read = {"saelens": saelens, "sparsify": sparsify}.get(path.stem.split("_")[0], dictionary_learning)
                code, out = read(config, values, np.array(case["inputs"]))
                np.testing.assert_allclose(code, case["codes"], atol=5e-6)
                np.testing.assert_allclose(out, case["outputs"], atol=5e-6)
        self.assertEqual(count, 18)

    def test_folding_changes_no_answer(self):
        paths = sorted(GOLDEN.glob("folding_*.json"))
        for path in paths:
            case = json.loads(path.read_text(encoding="utf-8"))
            np.testing.assert_allclose(case["outputs_after"], case["outputs_before"], atol=5e-6, err_msg=path.stem)
        self.assertEqual(len(paths), 3)


if __name__ == "__main__":
    unittest.main()
