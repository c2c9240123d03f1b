"""The losses of the golden files from their definitions, in NumPy and float64: independent of the packages and of PyTorch.

Each function takes a golden file's content, the parameters (a dict of arrays) and `keep`, and returns (terms, loss, code).
keep(name, value) gives the value of the first call in all later ones: what a package detaches."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def squared(error):
    return (error**2).sum(1).mean()


def norms(decoder):
    return np.sqrt((decoder**2).sum(1))


def largest(values, k, within=None):
    """`values` where they are among the k largest of their row (of `within`), 0 elsewhere."""
    order = np.argsort(-(values if within is None else within), axis=1, kind="stable")[:, :k]
    chosen = np.zeros(values.shape, bool)
    np.put_along_axis(chosen, order, True, 1)
    return np.where(chosen, values, 0.0)


def of_batch(values, count):
    return largest(values.reshape(1, -1), count).reshape(values.shape)


# --- SAELens ---

def saelens_aux(case, pre, decoder, residual, dead, by_magnitude=False):
    half = decoder.shape[1] // 2
    if not dead.any():
        return 0.0
    key = np.abs(pre) if by_magnitude else pre
    code = largest(pre, min(half, dead.sum()), np.where(dead, key, -np.inf))
    return min(dead.sum() / half, 1.0) * squared(code @ decoder - residual)


def saelens(case, p, keep):
    config, x = case["config"], np.array(case["inputs"])
    kind = config["architecture"]
    if kind == "gated":
        return saelens_gated(config, p, x)
    if kind == "matching_pursuit":
        return saelens_pursuit(config, p, x)
    dead = np.array(case["state"]["n_forward_passes_since_fired"]) > config["dead_feature_window"]
    pre = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
    decoder, size = p["W_dec"], norms(p["W_dec"])
    if kind in ("topk", "abstopk", "batchtopk", "matryoshka_batchtopk"):
        return saelens_top_k(case, kind, p, keep, x, pre, dead)
    if kind == "standard":
        code = relu(pre)
        weighted = code * size
        power = config["lp_norm"]
        sparsity = (weighted**power).sum(1) ** (1 / power)
        terms = {"l1_loss": config["l1_coefficient"] * sparsity.mean()}
    else:
        code = np.where(pre > keep("threshold", p["threshold"]), pre, 0)
        terms = saelens_jump_terms(config, p, pre, code, size, dead)
    terms = {"mse_loss": squared(code @ decoder + p["b_dec"] - x), **terms}
    return terms, sum(terms.values()), code


def saelens_jump_terms(config, p, pre, code, size, dead):
    l0 = (code != 0).sum(1)
    target = config["target_l0"]
    of_rows = {"step": lambda: l0, "quadratic": lambda: 2 / target * (l0 - target) ** 2,
               "tanh": lambda: np.tanh(config["jumprelu_tanh_scale"] * code * size).sum(1)}
    terms = {"l0_loss": config["l0_coefficient"] * of_rows[config["jumprelu_sparsity_loss_mode"]]().mean()}
    if config["pre_act_loss_coefficient"] is not None:
        silent = (relu(p["threshold"] - pre) * dead * size).sum(1).mean()
        terms["pre_act_loss"] = config["pre_act_loss_coefficient"] * silent
    return terms


def saelens_top_k(case, kind, p, keep, x, pre, dead):
    config, k = case["config"], case["config"]["k"]
    size = norms(p["W_dec"]) if config["rescale_acts_by_decoder_norm"] else np.ones(len(p["W_dec"]))
    decoder = p["W_dec"] / size[:, None]
    pre = pre * size
    if kind == "topk":
        code = relu(largest(pre, k))
    elif kind == "abstopk":
        code = largest(pre, k, np.abs(pre))
    else:
        code = of_batch(relu(pre), int(k * len(x)))
    out = code @ decoder + p["b_dec"]
    widths = config.get("matryoshka_widths", [])
    partial = {w: code[:, :w] @ decoder[:w] + p["b_dec"] for w in widths}
    if config.get("use_matryoshka_aux_loss"):
        aux = sum(saelens_aux(case, pre[:, low:w], decoder[low:w], keep(f"residual {w}", x - partial[w]), dead[low:w])
                  for low, w in zip([0, *widths], widths))
    else:
        aux = saelens_aux(case, pre, decoder, keep("residual", x - out), dead, kind == "abstopk")
    terms = {"mse_loss": squared(out - x), "auxiliary_reconstruction_loss": config["aux_loss_coefficient"] * aux,
             **{f"inner_mse_loss_{w}": squared(partial[w] - x) for w in widths[:-1]}}
    return terms, sum(terms.values()), code


def saelens_gated(config, p, x):
    centered = x - p["b_dec"]
    gate = centered @ p["W_enc"] + p["b_gate"]
    code = (gate > 0) * relu(centered @ (p["W_enc"] * np.exp(p["r_mag"])) + p["b_mag"])
    terms = {"mse_loss": squared(code @ p["W_dec"] + p["b_dec"] - x),
             "l1_loss": config["l1_coefficient"] * (relu(gate) * norms(p["W_dec"])).sum(1).mean(),
             "auxiliary_reconstruction_loss": squared(relu(gate) @ p["W_dec"] + p["b_dec"] - x)}
    return terms, sum(terms.values()), code


def saelens_pursuit(config, p, x):
    residual, code = x - p["b_dec"], np.zeros((len(x), len(p["W_dec"])))
    done, support = np.zeros(len(x), bool), np.zeros(code.shape, bool)
    rows = np.arange(len(x))
    for _ in range(config["max_iterations"]):
        choice = relu(residual @ p["W_dec"].T).argmax(1)
        value = relu((residual * p["W_dec"][choice]).sum(1)) * ~done
        code[rows, choice] += value
        residual = residual - value[:, None] * p["W_dec"][choice]
        done |= ((code != 0) == support).all(1)
        support = code != 0
        if config["residual_threshold"] > 0:
            done |= np.sqrt((residual**2).sum(1)) < config["residual_threshold"]
    terms = {"mse_loss": squared(code @ p["W_dec"] + p["b_dec"] - x)}
    return terms, terms["mse_loss"], code


# --- dictionary_learning ---

def warm_up(case):
    steps = case["config"]["sparsity_warmup_steps"]
    return min(case["state"]["step"] / steps, 1.0) if steps else 1.0


def dictionary_learning(case, p, keep):
    x, trainer = np.array(case["inputs"]), case["config"]["trainer_class"]
    if trainer in ("TopKTrainer", "BatchTopKTrainer", "MatryoshkaBatchTopKTrainer"):
        return learning_top_k(case, p, keep, x, trainer)
    if trainer == "JumpReluTrainer":
        return learning_jump(case, p, keep, x)
    if trainer == "GatedSAETrainer":
        return learning_gated(case, p, keep, x)
    config, decoder = case["config"], p["decoder.weight"]
    code = relu((x - p["bias"]) @ p["encoder.weight"].T + p["encoder.bias"])
    error = squared(x - code @ decoder.T - p["bias"])
    if trainer == "PAnnealTrainer":
        powers = (np.where(code > 0, code, 1) ** case["state"]["p"] * (code > 0)).sum(1)
        loss_p = (powers if config["sparsity_function"] == "Lp^p" else powers ** (1 / case["state"]["p"])).mean()
        scaled = case["state"]["sparsity_coeff"] * warm_up(case) * loss_p
        return {"lp_loss": loss_p, "scaled_lp_loss": scaled}, error + scaled, code
    sparsity = (code * (norms(decoder.T) if "April" in trainer else 1)).sum(1).mean()
    return ({"mse_loss": error, "sparsity_loss": sparsity},
            error + config["l1_penalty"] * warm_up(case) * sparsity, code)


def geometric_median(points):
    guess = points.mean(0)
    for _ in range(100):
        weights = 1 / np.sqrt(((points - guess) ** 2).sum(1))
        previous, guess = guess, (weights[:, None] * points).sum(0) / weights.sum()
        if np.sqrt(((guess - previous) ** 2).sum()) < 1e-5:
            break
    return guess


def learning_top_k(case, p, keep, x, trainer):
    matryoshka = trainer.startswith("Matryoshka")
    config, k = case["config"], case["config"]["k"]
    encoder = p["W_enc"] if matryoshka else p["encoder.weight"].T
    decoder = p["W_dec"] if matryoshka else p["decoder.weight"].T
    bias = p["b_enc"] if matryoshka else p["encoder.bias"]
    active = relu((x - p["b_dec"]) @ encoder + bias)
    code = largest(active, k) if trainer == "TopKTrainer" else of_batch(active, k * len(x))
    fired = (largest(active + 1, k) if trainer == "TopKTrainer" else code).sum(0) > 0
    counts = np.where(fired, 0, np.array(case["state"]["num_tokens_since_fired"]) + len(x))
    dead = keep("dead", counts >= 10_000_000)
    edges = np.cumsum(config["group_sizes"]) if matryoshka else [len(decoder)]
    errors = [squared(x - code[:, :edge] @ decoder[:edge] - p["b_dec"]) for edge in edges]
    terms = {"l2_loss": np.mean(np.array(errors) * (config["group_weights"] if matryoshka else 1)), "auxk_loss": 0.0}
    residual = keep("residual", x - code @ decoder - p["b_dec"])
    if dead.any():
        selected = largest(active, min(x.shape[1] // 2, dead.sum()), np.where(dead, active, -np.inf))
        terms["auxk_loss"] = squared(residual - selected @ decoder) / squared(residual - residual.mean(0))
    return terms, terms["l2_loss"] + config["auxk_alpha"] * terms["auxk_loss"], code


def learning_jump(case, p, keep, x):
    config = case["config"]
    pre = x @ p["W_enc"] + p["b_enc"]
    code = np.where(pre > keep("threshold", p["threshold"]), pre, 0)
    error = squared(x - code @ p["W_dec"] - p["b_dec"])
    l0 = (code != 0).sum(1).mean()
    penalty = config["sparsity_penalty"] * (l0 / config["target_l0"] - 1) ** 2 * warm_up(case)
    return {"l2_loss": error}, error + penalty, code


def learning_gated(case, p, keep, x):
    decoder, bias = p["decoder.weight"].T, p["decoder_bias"]
    u = (x - bias) @ p["encoder.weight"].T
    gate = relu(u + p["gate_bias"])
    code = (gate > 0) * relu(np.exp(p["r_mag"]) * u + p["mag_bias"])
    terms = {"mse_loss": squared(x - code @ decoder - bias), "sparsity_loss": gate.sum(1).mean(),
             "aux_loss": squared(x - gate @ keep("decoder", decoder) - keep("bias", bias))}
    weight = case["config"]["l1_penalty"] * warm_up(case)
    return terms, terms["mse_loss"] + weight * terms["sparsity_loss"] + terms["aux_loss"], code


# --- sparsify ---

def sparsify(case, p, keep):
    config, x = case["config"], np.array(case["inputs"])
    y, half = np.array(case.get("targets", case["inputs"])), x.shape[1] // 2
    centered = x if config["transcode"] else x - p["b_dec"]
    active = relu(centered @ p["encoder.weight"].T + p["encoder.bias"])
    skip = x @ p["W_skip"].T if config["skip_connection"] else 0
    code = largest(active, config["k"])
    out = code @ p["W_dec"] + p["b_dec"] + skip
    variance = keep("variance", ((y - y.mean(0)) ** 2).sum())
    terms = {"fvu": ((y - out) ** 2).sum() / variance, "auxk_loss": 0.0, "multi_topk_fvu": 0.0}
    dead = np.array(case["state"]["num_tokens_since_fired"]) > config["dead_feature_threshold"]
    frozen = keep("active", active)  # the encoder has no gradient of what follows
    if dead.any():
        selected = largest(frozen, min(half, dead.sum()), np.where(dead, frozen, -np.inf))
        error = ((selected @ p["W_dec"] - keep("residual", y - out)) ** 2).sum()
        terms["auxk_loss"] = min(dead.sum() / half, 1) * error / variance
    if config["multi_topk"]:
        code = largest(frozen, 4 * config["k"])  # what the package then returns, and counts as fired
        terms["multi_topk_fvu"] = ((code @ p["W_dec"] + p["b_dec"] - y) ** 2).sum() / variance
    loss = terms["fvu"] + config["auxk_alpha"] * terms["auxk_loss"] + terms["multi_topk_fvu"] / 8
    return terms, loss, code


# --- OpenAI's sparse_autoencoder ---

def openai(case, p, keep):
    config, x = case["config"], np.array(case["inputs"])
    pre = (x - p["pre_bias"]) @ p["encoder.weight"].T + p["latent_bias"]
    code = relu(largest(pre, config["k"]))
    out = code @ p["decoder.weight"].T + p["pre_bias"]
    fired = keep("fired", (code > 1e-3).any(0))
    dead = np.where(fired, 1, np.array(case["state"]["stats_last_nonzero"]) + 1) > config["dead_steps_threshold"]
    terms = {"train_recons": squared(out - x) / keep("variance", squared(x - x.mean(0))), "train_maxk_recons": 0.0}
    residual, bias = keep("residual", x - out), keep("bias", p["pre_bias"])
    if dead.any():
        selected = relu(largest(pre, config["auxk"], np.where(dead, pre, -np.inf)))
        selected = np.where(dead, selected, 0)
        error = squared(selected @ p["decoder.weight"].T + p["pre_bias"] - bias - residual)
        terms["train_maxk_recons"] = config["auxk_coef"] * error / squared(residual - residual.mean(0))
    return terms, sum(terms.values()), code
