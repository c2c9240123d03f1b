"""Folders of the three formats, read by their layout: from the saved tensors and JSON alone, NumPy gives codes and outputs of
rows."""

import numpy as np

from definitions import largest, relu, saelens_pursuit


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
    bias = t[{"AutoEncoder": "bias", "AutoEncoderNew": "decoder.bias", "GatedAutoEncoder": "decoder_bias"}.get(kind, "b_dec")]
    pre = (x if kind in ("JumpReluAutoEncoder", "AutoEncoderNew") else x - bias) @ encoder
    if kind == "GatedAutoEncoder":
        code = (pre + t["gate_bias"] > 0) * relu(np.exp(t["r_mag"]) * pre + t["mag_bias"])
    else:
        active = relu(pre + (t["b_enc"] if "b_enc" in t else t["encoder.bias"]))
        code = {"AutoEncoder": lambda: active, "AutoEncoderNew": lambda: active, "AutoEncoderTopK": lambda: largest(active, int(t["k"]))}.get(
            kind, lambda: active * (active > t["threshold"]))()
    return code, code @ decoder + bias
