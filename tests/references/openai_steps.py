"""One training step of OpenAI's top-k autoencoder. This is a re-derivation in PyTorch from the definitions of
openai/sparse_autoencoder, not the package: its training code needs a GPU with Triton. golden_test.py derives the same
numbers once more, in NumPy."""

import torch

import drawn
import golden

D, N, K = drawn.D, drawn.N, 2
DEAD_AFTER = 76  # steps: 10,000,000 rows // 131,072 rows a step
NONE_DEAD = [1, 3, 1, 1, 1, 76, 1, 2, 1, 7, 1, 1]
TWO_DEAD = [1, 3, 77, 1, 1, 76, 1, 2, 500, 7, 1, 1]
FIVE_DEAD = [1, 3, 77, 150, 1, 76, 1, 200, 500, 7, 1, 77]

DEFINITION = (
    "latents = relu(topk((x - pre_bias) W_enc^T + latent_bias)), x_hat = latents decoder^T + pre_bias. Dead: "
    "stats_last_nonzero > dead_steps_threshold, after this step set it to 1 where a value of this batch is above .001 and "
    "added 1 elsewhere. loss = mse_scale mean (x_hat - x)^2 + auxk_coef normalized_mse(the relu of the auxk largest "
    "pre-activations of dead latents times decoder^T + pre_bias, x - x_hat (detached) + pre_bias (detached)), where "
    "normalized_mse(y, z) = mean (y - z)^2 / mean (mean over rows of z - z)^2, and NaN is 0. mse_scale = 1 / the mean "
    "squared distance of a sample's rows from their mean, here of the batch. The decoder has unit columns; the optimizer "
    "gets its gradient without the part parallel to them. Adam 1e-4, (.9, .999), 6.25e-10; nothing is clipped")


def normalized(y, z):
    return ((y - z) ** 2).mean() / ((z.mean(0) - z) ** 2).mean()


def kept_largest(values, k):
    top = values.topk(k, dim=1)
    return torch.zeros_like(values).scatter(1, top.indices, top.values)


def one_step(counters, auxk, rows):
    w = drawn.weights(1, drawn.quiet_of(counters, DEAD_AFTER))
    p = {"encoder.weight": w["encoder"], "latent_bias": w["encoder_bias"], "pre_bias": w["decoder_bias"],
         "decoder.weight": torch.nn.functional.normalize(w["decoder"], dim=1).T.contiguous()}
    p = {name: value.clone().requires_grad_() for name, value in p.items()}
    before = {name: value.detach().clone() for name, value in p.items()}
    pre = (rows - p["pre_bias"]) @ p["encoder.weight"].T + p["latent_bias"]
    code = kept_largest(pre, K).relu()
    out = code @ p["decoder.weight"].T + p["pre_bias"]
    counts = torch.tensor(counters)
    after = torch.where((code > 1e-3).any(0), 1, counts + 1)
    dead = after > DEAD_AFTER
    scale = 1 / ((rows.mean(0) - rows) ** 2).mean()
    terms = {"train_recons": scale * ((out - rows) ** 2).mean(), "train_maxk_recons": torch.zeros(())}
    if dead.any():
        selected = kept_largest(pre * dead, auxk).relu()
        error = normalized(selected @ p["decoder.weight"].T + p["pre_bias"],
                           rows - out.detach() + p["pre_bias"].detach())
        terms["train_maxk_recons"] = error / 32
    loss = terms["train_recons"] + terms["train_maxk_recons"]
    gradients = dict(zip(p, torch.autograd.grad(loss, list(p.values()))))
    applied = {name: value.clone() for name, value in gradients.items()}
    unit = before["decoder.weight"]
    applied["decoder.weight"] -= (applied["decoder.weight"] * unit).sum(0) * unit
    return {"inputs": rows, "state": {"stats_last_nonzero": counts, "mse_scale": scale}, "parameters": before,
            "pre_code": pre, "code": code, "reconstruction": out, "terms": terms, "loss": loss, "gradients": gradients,
            "gradient_norm": torch.stack([g.norm() for g in gradients.values()]).norm(), "applied": applied,
            "after": {"state": {"stats_last_nonzero": after}}}


def main():
    for name, counters, auxk in (("topk", NONE_DEAD, 3), ("topk_two_dead", TWO_DEAD, 3),
                                 ("topk_five_dead", FIVE_DEAD, 3)):
        description = {"package": "none: derived from the definitions of openai/sparse_autoencoder",
                       "computed_by": ["tests/references/openai_steps.py"], "definition": DEFINITION,
                       "config": {"d_model": D, "n_dirs": N, "k": K, "auxk": auxk, "auxk_coef": 1 / 32, "lr": 1e-4,
                                  "eps": 6.25e-10, "dead_steps_threshold": DEAD_AFTER}}
        golden.write_step(f"openai/{name}", description, lambda rows: one_step(counters, auxk, rows), drawn.rows(1))


if __name__ == "__main__":
    main()
