"""One training step of each trainer of dictionary_learning, as its update() makes it."""

import copy

import torch
from dictionary_learning import __version__
from dictionary_learning.trainers.batch_top_k import BatchTopKTrainer
from dictionary_learning.trainers.gdm import GatedSAETrainer
from dictionary_learning.trainers.jumprelu import JumpReluTrainer
from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKTrainer
from dictionary_learning.trainers.p_anneal import PAnnealTrainer
from dictionary_learning.trainers.standard import StandardTrainer, StandardTrainerAprilUpdate
from dictionary_learning.trainers.top_k import TopKTrainer
from dictionary_learning.trainers.trainer import set_decoder_norm_to_unit_norm

import drawn
import golden

D, N = drawn.D, drawn.N
DEAD_AT = 10_000_000
NONE_DEAD = [0, 24, 8, 0, 0, DEAD_AT - 1, 0, 16, 0, 56, 0, 0]
TWO_DEAD = [0, 24, DEAD_AT, 0, 0, DEAD_AT - 9, 0, 16, 4 * DEAD_AT, 56, 0, 0]
FIVE_DEAD = [0, 24, DEAD_AT, DEAD_AT + 5, 0, DEAD_AT - 9, 0, 2 * DEAD_AT, 4 * DEAD_AT, 56, 0, DEAD_AT]


def start(ae, seed, unit_norm, quiet=(), **more):
    """Sets the drawn weights under the names that the class gives them; `unit_norm` as its trainer keeps the decoder."""
    w = drawn.weights(seed, quiet)
    decoder = w["decoder"]
    if unit_norm:
        decoder = set_decoder_norm_to_unit_norm(decoder.T.clone(), D, N).T
    values = {"encoder.weight": w["encoder"], "encoder.bias": w["encoder_bias"], "decoder.weight": decoder.T,
              "bias": w["decoder_bias"], "b_dec": w["decoder_bias"], "decoder_bias": w["decoder_bias"],
              "W_enc": w["encoder"].T, "b_enc": w["encoder_bias"], "W_dec": decoder, **more}
    for name, parameter in ae.named_parameters():
        assert parameter.shape == values[name].shape, name
        parameter.data = values[name].clone().contiguous()


def state(trainer):
    names = ("num_tokens_since_fired", "steps_since_active", "p", "next_p", "sparsity_coeff", "p_step_count",
             "sparsity_queue")
    found = {name: copy.deepcopy(getattr(trainer, name)) for name in names if getattr(trainer, name, None) is not None}
    if hasattr(trainer.ae, "threshold") and not isinstance(trainer.ae.threshold, torch.nn.Parameter):
        found["threshold"] = torch.as_tensor(trainer.ae.threshold).clone()
    return found


def observed_loss(trainer, seen):
    """trainer.loss, which also keeps what the package logs of the step: computed by a copy, since loss() counts."""
    def loss(x, step=None, logging=False):
        twin = copy.deepcopy(trainer)
        result = type(trainer).loss(twin, x, step=step, logging=True)
        seen["reconstruction"], seen["code"], seen["terms"] = result[1:4]
        value = type(trainer).loss(trainer, x, step=step)
        seen["loss"] = value.detach().clone()
        return value
    return loss


def one_step(make, step, prepare, rows):
    trainer = make()
    prepare(trainer)
    recorder = golden.Recorder(trainer.ae, trainer.optimizer)
    before, parameters, seen = state(trainer), recorder.parameters(), {}
    trainer.loss = observed_loss(trainer, seen)
    trainer.update(step, rows)
    norm = torch.stack([g.norm() for g in recorder.gradients.values()]).norm()
    terms = {key: value for key, value in seen["terms"].items() if key != "loss"}
    return {"inputs": rows, "state": {"step": step, **before}, "parameters": parameters, "code": seen["code"],
            "reconstruction": seen["reconstruction"], "terms": terms, "loss": seen["loss"],
            "gradients": recorder.gradients, "gradient_norm": norm, "applied": recorder.changed_gradients(),
            "after": {"parameters": recorder.parameters(), "state": state(trainer)}}


COMMON = {"steps": 100_000, "activation_dim": D, "dict_size": N, "layer": 0, "lm_name": "drawn", "device": "cpu",
          "warmup_steps": 0}
PLACE = "dictionary_learning/trainers/"
ERROR = "the mean over rows of the sum over features of (x - x_hat)^2"
PROJECTED = ("The optimizer gets the decoder's gradient without its part parallel to each unit row, then all gradients "
             "clipped to norm 1 together; after the step each decoder row is divided by its norm + 1.2e-7")
CONSTRAINED = ("ConstrainedAdam: the decoder's gradient without its part parallel to each row, no clipping; after the "
               "step each decoder row is divided by its norm")


def case(name, trainer_class, place, what, seed=1, batch=1, step=5000, counters=None, threshold=None, unit_norm=True,
         more={}, alter=None, **config):
    def make():
        return trainer_class(**{**COMMON, **config})

    def prepare(trainer):
        start(trainer.ae, seed, unit_norm, drawn.quiet_of(counters or [], DEAD_AT - 1), **more)
        if counters is not None:
            trainer.num_tokens_since_fired = torch.tensor(counters)
        if threshold is not None:
            trainer.ae.threshold.fill_(threshold)
        if alter:
            alter(trainer)

    def run(rows):
        with golden.quiet():
            return one_step(make, step, prepare, rows)

    effective = {key: value for key, value in make().config.items() if key not in ("device", "wandb_name")}
    description = {"package": f"dictionary-learning {__version__}",
                   "computed_by": [f"{PLACE}{place}: {trainer_class.__name__}.loss, .update"], "definition": what,
                   "config": {**effective, "warmup_steps": 0}}
    golden.write_step(f"dictionary_learning/{name}", description, run, drawn.rows(batch))


def standard():
    case("standard", StandardTrainer, "standard.py",
         f"mse_loss = {ERROR}; sparsity_loss = mean over rows of sum a; loss = mse_loss + l1_penalty "
         "min(step / sparsity_warmup_steps, 1) sparsity_loss (here .25). l2_loss is logged only. " + CONSTRAINED,
         step=500)
    case("standard_april", StandardTrainerAprilUpdate, "standard.py",
         f"mse_loss = {ERROR}; sparsity_loss = mean over rows of sum a norm(decoder row), norms with gradients; gradients "
         "are clipped to norm 1; the decoder is free", unit_norm=False)


def p_annealing():
    what = (f"loss = {ERROR} + sparsity_coeff min(step / sparsity_warmup_steps, 1) lp_loss; lp_loss = mean over rows of "
            "sum a^p ('Lp^p'), or its power 1 / p ('Lp'). From the first update on, each step queues lp_loss of p and of "
            "next_p. At an update step the loss is still of the old p; then sparsity_coeff *= mean queued lp_loss of p / "
            "mean of next_p, p and next_p are the next of linspace(p_start, p_end, n_sparsity_updates). " + CONSTRAINED)
    start_at = {"sparsity_warmup_steps": 2000, "anneal_start": 4000, "n_sparsity_updates": 5, "steps": 12001,
                "anneal_end": 12000}

    def between(trainer):
        trainer.p, trainer.next_p, trainer.p_step_count, trainer.sparsity_coeff = 0.75, 0.5, 2, 0.125
        trainer.sparsity_queue = [[3.5, 4.25], [3.25, 4.0]]

    case("p_anneal", PAnnealTrainer, "p_anneal.py", what, step=5000, sparsity_function="Lp^p", alter=between, **start_at)
    case("p_anneal_update", PAnnealTrainer, "p_anneal.py", what + ". Step 8000 is an update step", step=8000,
         sparsity_function="Lp^p", alter=between, **start_at)
    case("p_anneal_lp", PAnnealTrainer, "p_anneal.py", what, step=5000, sparsity_function="Lp", alter=between, **start_at)


AUXK = ("Dead: num_tokens_since_fired >= 10,000,000 after this step's rows were added and the latents that fired set to 0"
        "; rows are counted, not steps. auxk_loss = E / V: E = mean over rows of ||decoder(a) - r||^2, r = x - x_hat "
        "detached, a = the min(d // 2, dead) largest relu(pre-code) of dead latents, no bias; V = mean over rows of "
        "||r - mean of r||^2; 0 / 0 is 0. loss = l2_loss + auxk_alpha auxk_loss. ")


def top_k():
    what = (f"relu, then the k largest of a row. l2_loss = {ERROR}. A latent counts as fired if it is among the k, even "
            "with the value 0. " + AUXK + "threshold: from steps above 1000, the mean over rows of the smallest positive "
            "of the k (infinite where a row has none); the first value is taken (threshold < 0 before), later "
            "threshold_beta threshold + (1 - threshold_beta) value. " + PROJECTED)
    for name, counters, threshold in (("topk", NONE_DEAD, -1.0), ("topk_two_dead", TWO_DEAD, 0.25),
                                      ("topk_five_dead", FIVE_DEAD, 0.25)):
        case(name, TopKTrainer, "top_k.py", what, k=2, counters=counters, threshold=threshold, auxk_alpha=1 / 32)
    case("topk_first_step", TopKTrainer, "top_k.py",
         what + ". Step 0 first sets b_dec to the geometric median of the batch: Weiszfeld's iteration from the mean, at "
         "most 100 times, until the step is shorter than 1e-5", k=2, counters=[0] * N, threshold=-1.0, step=0)


def batch_top_k():
    what = (f"relu, then the k rows largest of the whole batch. l2_loss = {ERROR}. A latent has fired if its sum over the "
            "batch is positive. " + AUXK + "threshold: as topk's, of the smallest positive element of the whole code. "
            + PROJECTED)
    for name, counters, threshold in (("batch_topk", NONE_DEAD, -1.0), ("batch_topk_two_dead", TWO_DEAD, 0.25)):
        case(name, BatchTopKTrainer, "batch_top_k.py", what, k=2, counters=counters, threshold=threshold)


def matryoshka():
    what = ("As batch_topk, but l2_loss = the mean over groups g of group_weights[g] times the error of the "
            "reconstruction by groups 0..g and b_dec: with the default weights 1 / groups it is divided by the number of "
            "groups twice. min_ and max_l2_loss are logged only. " + AUXK + PROJECTED)
    for name, counters in (("matryoshka", NONE_DEAD), ("matryoshka_five_dead", FIVE_DEAD)):
        case(name, MatryoshkaBatchTopKTrainer, "matryoshka_batch_top_k.py", what, k=2, counters=counters,
             threshold=0.25, group_fractions=[0.25, 0.25, 0.5])


def jump_relu():
    what = (f"h = x W_enc + b_enc: b_dec is not subtracted. a = h where h > threshold. l2_loss = {ERROR}; loss = l2_loss "
            "+ sparsity_penalty min(step / sparsity_warmup_steps, 1) (L0 / target_l0 - 1)^2, L0 = the batch's mean. "
            "Pseudo-derivatives of the threshold: -(threshold / bandwidth) rectangle((h - threshold) / bandwidth) for a; "
            "for L0 -(1 / bandwidth) rectangle((a - threshold) / bandwidth) of the code a, not of h: latents just below "
            "the threshold, whose a is 0, give none, and all silent ones do where threshold < bandwidth / 2. "
            "Adam's betas are (0, .999). " + PROJECTED)
    more = {"threshold": drawn.uniform("threshold", (N,), 0.05, 0.4)}
    for name, bandwidth in (("jumprelu", 0.08), ("jumprelu_wide", 0.4)):
        case(name, JumpReluTrainer, "jumprelu.py", what, counters=NONE_DEAD, more=more, bandwidth=bandwidth,
             target_l0=3.0)


def gated():
    more = {"gate_bias": drawn.uniform("gate", (N,), -0.4, 0.2), "mag_bias": drawn.uniform("magnitude", (N,), -0.2, 0.4),
            "r_mag": drawn.uniform("scale", (N,), -0.3, 0.3)}
    case("gated", GatedSAETrainer, "gdm.py",
         f"u = encoder (x - decoder_bias), g = relu(u + gate_bias), a = H(u + gate_bias) relu(exp(r_mag) u + mag_bias). "
         f"mse_loss = {ERROR}; sparsity_loss = mean over rows of sum g; aux_loss = the error of g decoder + decoder_bias, "
         "both detached; loss = mse_loss + l1_penalty min(step / sparsity_warmup_steps, 1) sparsity_loss + aux_loss. "
         "Adam's betas are (0, .999). " + CONSTRAINED, more=more, step=500)


def main():
    for family in (standard, p_annealing, top_k, batch_top_k, matryoshka, jump_relu, gated):
        family()


if __name__ == "__main__":
    main()
