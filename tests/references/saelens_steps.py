"""One training step of each family of SAELens, as its SAETrainer makes it; the transcoders' forward pass, since SAELens
has no training class for them."""

import torch
from sae_lens import __version__
from sae_lens.config import SAETrainerConfig
from sae_lens.saes import (
    AbsTopKTrainingSAE, AbsTopKTrainingSAEConfig, BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, GatedTrainingSAE,
    GatedTrainingSAEConfig, JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig, JumpReLUTranscoder,
    JumpReLUTranscoderConfig, MatchingPursuitTrainingSAE, MatchingPursuitTrainingSAEConfig,
    MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig, SkipTranscoder, SkipTranscoderConfig,
    StandardTrainingSAE, StandardTrainingSAEConfig, TopKTrainingSAE, TopKTrainingSAEConfig, Transcoder,
    TranscoderConfig)
from sae_lens.training.sae_trainer import SAETrainer

import drawn
import golden

D, N = drawn.D, drawn.N
WINDOW = 1000
NONE_DEAD = [0, 3, 1, 0, 0, 1000, 0, 2, 0, 7, 0, 0]  # 1000 steps are not more than the window of 1000
TWO_DEAD = [0, 3, 1001, 0, 0, 1000, 0, 2, 5000, 7, 0, 0]
FIVE_DEAD = [0, 3, 1001, 1500, 0, 1000, 0, 2002, 5000, 7, 0, 1001]


def start(sae, seed, quiet=(), **more):
    """Sets the drawn weights; parameters that the family alone has are given by name."""
    drawn_weights = drawn.weights(seed, quiet)
    values = {"W_enc": drawn_weights["encoder"].T.contiguous(), "b_enc": drawn_weights["encoder_bias"],
              "W_dec": drawn_weights["decoder"], "b_dec": drawn_weights["decoder_bias"], **more}
    for name, parameter in sae.named_parameters():
        assert parameter.shape == values[name].shape, name
        parameter.data = values[name].clone()
    return sae


def state(trainer):
    sae = trainer.sae
    return {"n_forward_passes_since_fired": trainer.n_forward_passes_since_fired.long(),
            **({"topk_threshold": sae.topk_threshold.clone()} if hasattr(sae, "topk_threshold") else {})}


def one_step(make, seed, counters, threshold, more, rows):
    sae = start(make(), seed, drawn.quiet_of(counters, WINDOW), **more)
    trainer = SAETrainer(SAETrainerConfig(total_training_samples=8000, train_batch_size_samples=len(rows), lr_end=3e-5,
                                          dead_feature_window=WINDOW), sae, iter([]))
    trainer.n_forward_passes_since_fired = torch.tensor(counters, dtype=torch.float32)
    if threshold is not None:
        sae.topk_threshold.fill_(threshold)
    recorder = golden.Recorder(sae, trainer.optimizer)
    before, parameters = state(trainer), recorder.parameters()
    out = trainer.step(rows)
    norm = torch.stack([g.norm() for g in recorder.gradients.values()]).norm()
    return {"inputs": rows, "state": before, "parameters": parameters, "pre_code": out.hidden_pre,
            "code": out.feature_acts, "reconstruction": out.sae_out, "terms": out.losses, "loss": out.loss,
            "gradients": recorder.gradients, "gradient_norm": norm, "applied": recorder.changed_gradients(),
            "after": {"parameters": recorder.parameters(), "state": state(trainer)}}


STEP = "sae_lens/training/sae_trainer.py: SAETrainer._train_step"
FORWARD = "sae_lens/saes/sae.py: TrainingSAE.training_forward_pass"
BASE = ("loss = sum of terms; mse_loss = mean over rows of the sum over features of (x_hat - x)^2; "
        "gradients are clipped to norm 1 (clip_grad_norm_ of all parameters together), then Adam 3e-4, (.9, .999), 1e-8")


def case(name, sae_class, config_class, what, places, seed=1, batch=1, counters=NONE_DEAD, threshold=None, more={},
         **config):
    def make():
        return sae_class(config_class(d_in=D, d_sae=N, **config))

    def step(rows):
        return one_step(make, seed, counters, threshold, more, rows)

    with golden.quiet():
        effective = make().cfg.to_dict()
    effective = {key: value for key, value in effective.items() if key not in ("metadata", "device")}
    description = {"package": f"sae-lens {__version__}", "computed_by": [STEP, FORWARD, *places],
                   "definition": f"{BASE}. {what}", "config": {**effective, "dead_feature_window": WINDOW}}
    golden.write_step(f"saelens/{name}", description, step, drawn.rows(batch))


TOPK = "sae_lens/saes/topk_sae.py: "
DEAD = ("Dead: n_forward_passes_since_fired > dead_feature_window before the step; it counts steps, not rows. "
        "auxiliary_reconstruction_loss = coefficient min(dead / (d_in // 2), 1) mean over rows of "
        "||a W_dec (each row over its norm where rescaled) - (x - x_hat, detached)||^2, a = the min(d_in // 2, dead) "
        "largest pre-codes of dead latents, negative ones too, no bias")
RESCALED = "The pre-code is h norm(W_dec row), and the decoder divides the code by that norm: both have gradients. "


def standard():
    case("standard", StandardTrainingSAE, StandardTrainingSAEConfig,
         "l1_loss = l1_coefficient mean over rows of the lp_norm-norm of a * norm(W_dec row); the norms have gradients",
         ["sae_lens/saes/standard_sae.py: StandardTrainingSAE.calculate_aux_loss"], l1_coefficient=0.5)
    case("standard_p2", StandardTrainingSAE, StandardTrainingSAEConfig,
         "As standard with lp_norm = 2: the root of the sum of squares, not the sum",
         ["sae_lens/saes/standard_sae.py: StandardTrainingSAE.calculate_aux_loss"], l1_coefficient=0.5, lp_norm=2.0)


def top_k():
    for name, rescale, counters in (("topk", False, NONE_DEAD), ("topk_two_dead", False, TWO_DEAD),
                                    ("topk_rescaled", True, NONE_DEAD), ("topk_rescaled_two_dead", True, TWO_DEAD),
                                    ("topk_rescaled_five_dead", True, FIVE_DEAD)):
        case(name, TopKTrainingSAE, TopKTrainingSAEConfig,
             ("The k largest pre-codes of a row, then ReLU. " + (RESCALED if rescale else "") + DEAD),
             [TOPK + "TopKTrainingSAE.encode_with_hidden_pre", TOPK + "TopKTrainingSAE.calculate_topk_aux_loss"],
             k=2, rescale_acts_by_decoder_norm=rescale, counters=counters)
    for name, counters in (("abstopk", NONE_DEAD), ("abstopk_two_dead", TWO_DEAD)):
        case(name, AbsTopKTrainingSAE, AbsTopKTrainingSAEConfig,
             "The k pre-codes of the largest magnitude, with their signs; AuxK selects by magnitude, too. "
             + RESCALED + DEAD, ["sae_lens/saes/abstopk_sae.py: AbsTopKTrainingSAE"], k=2, counters=counters)


def batch_top_k():
    what = ("ReLU, then the int(k rows) largest of the whole batch. After the forward pass topk_threshold (float64) = "
            "(1 - topk_threshold_lr) topk_threshold + topk_threshold_lr (the smallest positive element of the code). "
            + RESCALED + DEAD)
    for name, threshold, counters in (("batchtopk", 0.0, NONE_DEAD), ("batchtopk_two_dead", 0.25, TWO_DEAD)):
        case(name, BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, what,
             ["sae_lens/saes/batchtopk_sae.py: BatchTopKTrainingSAE.training_forward_pass, update_topk_threshold"],
             k=2.5, threshold=threshold, counters=counters)


def matryoshka():
    what = ("As batchtopk; inner_mse_loss_w = the same error of the reconstruction by the first w latents and b_dec, "
            "for each width but the last. ")
    places = ["sae_lens/saes/matryoshka_batchtopk_sae.py: MatryoshkaBatchTopKTrainingSAE.training_forward_pass, "
              "calculate_aux_loss"]
    for name, levels, counters in (("matryoshka", False, NONE_DEAD), ("matryoshka_five_dead", False, FIVE_DEAD),
                                   ("matryoshka_five_dead_levels", True, FIVE_DEAD)):
        case(name, MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig,
             what + ("AuxK is a sum over levels: the residual of the first w latents, the dead ones of this level alone,"
                     " its own min(dead of the level / (d_in // 2), 1), decoder rows over their norms" if levels else DEAD),
             places, k=2.5, threshold=0.25, matryoshka_widths=[3, 6, N], use_matryoshka_aux_loss=levels,
             counters=counters)


def jump_relu():
    place = "sae_lens/saes/jumprelu_sae.py: "
    what = ("a = h where h > threshold; the pseudo-derivative of the threshold: -(threshold / bandwidth) "
            "rectangle((h - threshold) / bandwidth) for a, -(1 / bandwidth) rectangle for the step H, summed over rows. "
            "The threshold is clamped at 0 before the forward pass. ")
    threshold = {"threshold": drawn.uniform("threshold", (N,), 0.05, 0.4)}
    modes = {
        "jumprelu_step": ("l0_loss = l0_coefficient mean over rows of sum H(h - threshold)",
                          {"jumprelu_sparsity_loss_mode": "step"}),
        "jumprelu_step_to_input": ("As jumprelu_step, with the pseudo-derivatives passed to h, too, sign reversed",
                                   {"jumprelu_sparsity_loss_mode": "step", "jumprelu_ste_to_input": True}),
        "jumprelu_tanh": ("l0_loss = l0_coefficient mean over rows of sum tanh(scale a norm(W_dec row))",
                          {"jumprelu_sparsity_loss_mode": "tanh"}),
        "jumprelu_quadratic_two_dead": (
            "l0_loss = l0_coefficient mean over rows of (2 / target_l0) (L0 of the row - target_l0)^2: of each row, not "
            "of the mean L0. pre_act_loss = pre_act_loss_coefficient mean over rows of sum over dead latents of "
            "relu(threshold - h) norm(W_dec row)",
            {"jumprelu_sparsity_loss_mode": "quadratic", "target_l0": 3.0, "pre_act_loss_coefficient": 0.1}),
    }
    for name, (mode, config) in modes.items():
        case(name, JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig, what + mode,
             [place + "JumpReLU, Step", place + "JumpReLUTrainingSAE.calculate_aux_loss", place + "calculate_pre_act_loss"],
             more=threshold, jumprelu_bandwidth=0.4, l0_coefficient=0.3,
             counters=TWO_DEAD if "dead" in name else NONE_DEAD, **config)


def gated():
    more = {"b_gate": drawn.uniform("gate", (N,), -0.4, 0.2), "b_mag": drawn.uniform("magnitude", (N,), -0.2, 0.4),
            "r_mag": drawn.uniform("scale", (N,), -0.3, 0.3)}
    case("gated", GatedTrainingSAE, GatedTrainingSAEConfig,
         "g = (x - b_dec) W_enc + b_gate; a = H(g) relu((x - b_dec)(W_enc exp(r_mag)) + b_mag); "
         "l1_loss = l1_coefficient mean over rows of sum relu(g) norm(W_dec row); auxiliary_reconstruction_loss = mean "
         "over rows of ||relu(g) W_dec + b_dec - x||^2: decoder and bias have gradients of it. pre_code is the magnitude's",
         ["sae_lens/saes/gated_sae.py: GatedTrainingSAE.calculate_aux_loss"], more=more, l1_coefficient=0.5)


def matching_pursuit():
    what = ("W_enc = W_dec^T, no encoder bias. r = x - b_dec; up to max_iterations times: i = argmax relu(r . d_i), "
            "a_i += relu(r . d_i), r -= relu(r . d_i) d_i. A row is done when its support is that of the iteration "
            "before, or where residual_threshold > 0 when norm(r) is below it. Decoder rows are not normalised by the "
            "training step. Gradients flow through the values and the residuals, not through the choice")
    for name, config in (("matching_pursuit", {"max_iterations": 3, "residual_threshold": 0.0}),
                         ("matching_pursuit_threshold", {"residual_threshold": 1.6, "max_iterations": 6})):
        case(name, MatchingPursuitTrainingSAE, MatchingPursuitTrainingSAEConfig, what,
             ["sae_lens/saes/matching_pursuit_sae.py: _encode_matching_pursuit"], decoder_init_norm=1.0,
             more={"W_dec": torch.nn.functional.normalize(drawn.weights(1)["decoder"], dim=1)}, **config)


def transcoders():
    rows, targets_width = drawn.rows(1), 4
    more = {"W_dec": drawn.uniform("out", (N, targets_width), -0.6, 0.6), "b_dec": drawn.uniform("to", (targets_width,), -1, 1),
            "W_skip": drawn.uniform("skip", (targets_width, D), -0.5, 0.5),
            "threshold": drawn.uniform("threshold", (N,), 0.05, 0.4)}
    for name, module, config in (("transcoder", Transcoder, TranscoderConfig),
                                 ("skip_transcoder", SkipTranscoder, SkipTranscoderConfig),
                                 ("jumprelu_transcoder", JumpReLUTranscoder, JumpReLUTranscoderConfig)):
        sae = start(module(config(d_in=D, d_sae=N, d_out=targets_width, apply_b_dec_to_input=False)), 1, **more)
        out, code = sae.forward_with_activations(rows)
        golden.write(f"saelens/{name}", {
            "package": f"sae-lens {__version__}", "computed_by": [f"sae_lens/saes/transcoder.py: {module.__name__}"],
            "definition": "a = relu(x W_enc + b_enc), of jumprelu where it is above the threshold; "
                          "y_hat = a W_dec + b_dec + x W_skip^T. No bias is subtracted from x. Forward pass only: "
                          "SAELens loads and saves transcoders, and has no training class for them",
            "config": {"d_in": D, "d_sae": N, "d_out": targets_width}, "inputs": rows,
            "parameters": dict(sae.named_parameters()), "code": code, "output": out})


def main():
    for family in (standard, top_k, batch_top_k, matryoshka, jump_relu, gated, matching_pursuit, transcoders):
        family()


if __name__ == "__main__":
    main()
