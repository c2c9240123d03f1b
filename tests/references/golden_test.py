#!/usr/bin/env python3
"""The golden files are what their definitions say: losses, gradients (by central differences), projections, clipping,
Adam's first step and counters, recomputed by definitions.py in NumPy. Needs none of the packages."""

import json
import pathlib
import unittest

import numpy as np

import definitions

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
STEP = 1e-6


def cases(package):
    for path in sorted((GOLDEN / package).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if "loss" in content:
            yield path.stem, content


def arrays(values):
    return {name: np.array(value, dtype=np.float64) for name, value in values.items()}


class Kept:
    """Gives what the first call gave: the values that a package detaches."""

    def __init__(self):
        self.values = {}

    def __call__(self, name, value):
        return self.values.setdefault(name, value)


def parameters_of(package, case):
    """At the forward pass: some biases are set at step 0."""
    p = arrays(case["parameters"])
    x = np.array(case["inputs"])
    if package == "dictionary_learning" and case["state"]["step"] == 0:
        p["b_dec"] = definitions.geometric_median(x)
    if package == "sparsify" and case["set_before_the_forward_pass"]:
        y = np.array(case.get("targets", case["inputs"]))
        if case["config"]["transcode"]:
            p["encoder.bias"] = -x.mean(0) @ p["encoder.weight"].T
        if "b_dec" in case["set_before_the_forward_pass"]:
            p["b_dec"] = y.mean(0)
    return p


def difference(loss, p, name):
    gradient = np.zeros(p[name].shape)
    for index in np.ndindex(gradient.shape):
        values = []
        for sign in (1, -1):
            moved = {**p, name: p[name].copy()}
            moved[name][index] += sign * STEP
            values.append(loss(moved))
        gradient[index] = (values[0] - values[1]) / (2 * STEP)
    return gradient


def rectangle(x):
    return (x > -0.5) & (x < 0.5)


def threshold_gradient(package, case, p, code):
    """The pseudo-derivative of the thresholds, which no difference quotient shows."""
    config, x = case["config"], np.array(case["inputs"])
    theta, decoder = p["threshold"], p["W_dec"]
    if package == "saelens":
        pre, width = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"], config["jumprelu_bandwidth"]
    else:
        pre, width = x @ p["W_enc"] + p["b_enc"], config["bandwidth"]
    near = rectangle((pre - theta) / width)
    by_code = 2 * (code @ decoder + p["b_dec"] - x) @ decoder.T / len(x)
    by_l0, extra, l0 = 0.0, 0.0, (code != 0).sum(1)
    if package == "dictionary_learning":
        target, near_l0 = config["target_l0"], rectangle((code - theta) / width)
        scale = definitions.warm_up(case) * config["sparsity_penalty"]
        by_l0 = near_l0 * (scale * 2 * (l0.mean() / target - 1) / target / len(x))
    elif config["jumprelu_sparsity_loss_mode"] == "tanh":
        size, scale = definitions.norms(decoder), config["jumprelu_tanh_scale"]
        by_code = by_code + config["l0_coefficient"] * scale * size / np.cosh(scale * code * size) ** 2 / len(x)
    else:
        target = config["target_l0"]
        slope = 4 / target * (l0 - target) if config["jumprelu_sparsity_loss_mode"] == "quadratic" else np.ones(len(x))
        by_l0 = near * (config["l0_coefficient"] * slope / len(x))[:, None]
    if package == "saelens" and config["pre_act_loss_coefficient"] is not None:
        dead = np.array(case["state"]["n_forward_passes_since_fired"]) > config["dead_feature_window"]
        below = (theta > pre) * dead * definitions.norms(decoder)
        extra = config["pre_act_loss_coefficient"] * below.sum(0) / len(x)
    return (-(theta / width) * near * by_code - by_l0 / width).sum(0) + extra


def decoder_of(p, package):
    """Name of the decoder and its axis of latents."""
    return ("decoder.weight", 1) if "decoder.weight" in p else ("W_dec", 0)


def projected(gradient, decoder, axis):
    unit = decoder / np.sqrt((decoder**2).sum(1 - axis, keepdims=True))
    return gradient - (gradient * unit).sum(1 - axis, keepdims=True) * unit


class Golden(unittest.TestCase):
    def near(self, found, expected, what, tolerance=2e-6):
        found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
        self.assertEqual(found.shape, expected.shape, what)
        worst = np.abs(found - expected).max() / max(1.0, np.abs(expected).max())
        self.assertLess(worst, tolerance, what)

    def every(self, package, check):
        found = list(cases(package))
        self.assertGreater(len(found), 5)
        for name, case in found:
            with self.subTest(f"{package}/{name}"):
                check(case)

    def step(self, package, define, case):
        p, kept = parameters_of(package, case), Kept()
        terms, loss, code = define(case, p, kept)
        self.near(code, case["code"], "code")
        self.near(loss, case["loss"], "loss")
        for term, value in terms.items():
            self.near(value, case["terms"][term], term)
        for parameter, gradient in case["gradients"].items():
            if parameter == "threshold":
                expected = threshold_gradient(package, case, p, code)
            elif case["config"].get("jumprelu_ste_to_input") and parameter in ("W_enc", "b_enc", "b_dec"):
                continue  # has a pseudo-derivative, too
            else:
                expected = difference(lambda moved: define(case, moved, kept)[1], p, parameter)
            self.near(gradient, expected, f"gradient of {parameter}")
        self.update(package, case, p)

    def update(self, package, case, p):
        gradients, config = arrays(case["gradients"]), case["config"]
        decoder, axis = decoder_of(p, package)
        trainer = config.get("trainer_class", "")
        projects = trainer not in ("", "StandardTrainerAprilUpdate") or (
            package == "sparsify" and not config["transcode"])
        if projects:
            gradients[decoder] = projected(gradients[decoder], p[decoder], axis)
        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
        constrained = trainer in ("StandardTrainer", "PAnnealTrainer", "GatedSAETrainer")
        if package != "sparsify" and not constrained and norm > 1:
            gradients = {name: g / norm for name, g in gradients.items()}
        for name, applied in case["applied"].items():
            self.near(applied, gradients[name], f"applied gradient of {name}")
        rate = {"saelens": 3e-4}.get(package) or config["lr"]
        for name, after in case["after"]["parameters"].items():
            g = gradients[name]
            moved = p[name] - rate * g / (np.abs(g) + 1e-8) * (np.abs(g) > 1e-7)
            if name == decoder and package == "dictionary_learning" and "April" not in trainer:
                moved = moved / np.sqrt((moved**2).sum(1 - axis, keepdims=True))
            tiny = (np.abs(g) > 0) & (np.abs(g) < 1e-6)  # Adam divides rounding errors by themselves
            if name == decoder:  # whose rows' norms have them, too
                tiny = tiny.any(1 - axis, keepdims=True) | np.zeros(g.shape, bool)
            self.near(np.where(tiny, after, moved), after, f"{name} after the step")

    def test_saelens(self):
        self.every("saelens", lambda case: self.step("saelens", definitions.saelens, case))

    def test_dictionary_learning(self):
        self.every("dictionary_learning",
                   lambda case: self.step("dictionary_learning", definitions.dictionary_learning, case))

    def test_sparsify(self):
        self.every("sparsify", lambda case: self.step("sparsify", definitions.sparsify, case))

    def test_openai(self):
        found = list(cases("openai"))
        self.assertEqual(len(found), 3)
        for name, case in found:
            with self.subTest(name):
                p, kept = parameters_of("openai", case), Kept()
                terms, loss, code = definitions.openai(case, p, kept)
                self.near(code, case["code"], "code")
                self.near(loss, case["loss"], "loss")
                for term, value in terms.items():
                    self.near(value, case["terms"][term], term)
                self.assertEqual("dead" in name, terms["train_maxk_recons"] > 0)
                for parameter, gradient in case["gradients"].items():
                    expected = difference(lambda moved: definitions.openai(case, moved, kept)[1], p, parameter)
                    self.near(gradient, expected, f"gradient of {parameter}")
                    applied = projected(np.array(gradient), p[parameter], 1) if parameter == "decoder.weight" else gradient
                    self.near(case["applied"][parameter], applied, f"applied gradient of {parameter}")

    def test_counters_of_saelens(self):
        def check(case):
            silent = (np.array(case["code"]) == 0).all(0)
            before = np.array(case["state"]["n_forward_passes_since_fired"])
            self.near((before + 1) * silent, case["after"]["state"]["n_forward_passes_since_fired"], "counters")
            if "topk_threshold" in case["state"]:
                code, rate = np.array(case["code"]), case["config"]["topk_threshold_lr"]
                threshold = (1 - rate) * case["state"]["topk_threshold"] + rate * code[code > 0].min()
                self.near(threshold, case["after"]["state"]["topk_threshold"], "threshold", 1e-8)

        self.every("saelens", check)

    def test_state_of_dictionary_learning(self):
        def check(case):
            before, after, config = case["state"], case["after"]["state"], case["config"]
            code = np.array(case["code"])
            if "threshold" in before:
                smallest = np.where(code > 0, code, np.inf)
                value = smallest.min(1).mean() if config["trainer_class"] == "TopKTrainer" else smallest.min()
                beta = config["threshold_beta"]
                expected = value if before["threshold"] < 0 else beta * before["threshold"] + (1 - beta) * value
                if before["step"] <= config["threshold_start_step"]:
                    expected = before["threshold"]
                self.near(expected, after["threshold"], "threshold")
            if "num_tokens_since_fired" in before and config["trainer_class"] != "TopKTrainer":
                counts = (np.array(before["num_tokens_since_fired"]) + len(code)) * (code.sum(0) <= 0)
                self.near(counts, after["num_tokens_since_fired"], "counters")

        self.every("dictionary_learning", check)

    def test_annealing(self):
        """The coefficient keeps the mean of the penalty, queued terms of this step included."""
        case = dict(cases("dictionary_learning"))["p_anneal_update"]
        before, after, code = case["state"], case["after"]["state"], np.array(case["code"])

        def penalty(p):
            return (np.where(code > 0, code, 1) ** p * (code > 0)).sum(1).mean()

        queue = [*before["sparsity_queue"], [penalty(before["p"]), penalty(before["next_p"])]]
        ratio = np.mean([old for old, _ in queue]) / np.mean([new for _, new in queue])
        self.near(before["sparsity_coeff"] * ratio, after["sparsity_coeff"], "coefficient")
        self.assertEqual([after["p"], after["next_p"]], [0.5, 0.25])

    def test_files_of_dead_latents_have_them(self):
        for package, auxiliary in (("saelens", "auxiliary_reconstruction_loss"), ("dictionary_learning", "auxk_loss"),
                                   ("sparsify", "auxk_loss")):
            for name, case in cases(package):
                if auxiliary in case["terms"] and case["config"].get("architecture") != "gated":
                    self.assertEqual("dead" in name, case["terms"][auxiliary] > 0, f"{package}/{name}")


if __name__ == "__main__":
    unittest.main()
