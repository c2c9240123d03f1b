"""One training step of sparsify, as its Trainer.fit makes it: of a model of one module, which gives the drawn rows."""

import tempfile

import torch
from sparsify import SparseCoderConfig, TrainConfig, Trainer, __version__
from transformers import PretrainedConfig, PreTrainedModel

import drawn
import golden

D, N = drawn.D, drawn.N
DEAD_AT = 10_000_000
NONE_DEAD = [0, 24, 8, 0, 0, DEAD_AT, 0, 16, 0, 56, 0, 0]
TWO_DEAD = [0, 24, DEAD_AT + 1, 0, 0, DEAD_AT, 0, 16, 4 * DEAD_AT, 56, 0, 0]
FIVE_DEAD = [0, 24, DEAD_AT + 1, DEAD_AT + 5, 0, DEAD_AT, 0, 2 * DEAD_AT, 4 * DEAD_AT, 56, 0, DEAD_AT + 1]


class Given(torch.nn.Module):
    """Answers its input, row i of one table, by row i of another."""

    def __init__(self, targets):
        super().__init__()
        self.register_buffer("targets", targets)
        self.ids = None

    def forward(self, x):
        return self.targets[self.ids]


class RowsModel(PreTrainedModel):
    config_class = PretrainedConfig

    def __init__(self, inputs, targets):
        super().__init__(PretrainedConfig())
        self.table = torch.nn.Parameter(inputs)
        self.body = Given(targets)

    @property
    def dummy_inputs(self):
        return {"input_ids": torch.zeros(1, 2, dtype=torch.long)}

    def forward(self, input_ids):
        self.body.ids = input_ids
        return self.body(self.table[input_ids])


def one_step(sae, coder_weights, counters, first, alpha, targets, rows):
    y = rows if targets is None else targets
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(sae, batch_size=1, optimizer="adam", lr=1e-3, lr_warmup_steps=0, auxk_alpha=alpha,
                             hookpoints=["body"], log_to_wandb=False, save_dir=folder,
                             finetune=None if first else "given")  # anything but None keeps the biases
        trainer = Trainer(config, [{"input_ids": torch.arange(len(rows))}], RowsModel(rows, y))
        coder = trainer.saes["body"]
        for name, parameter in coder.named_parameters():
            assert parameter.shape == coder_weights[name].shape, name
            parameter.data = coder_weights[name].clone()
        trainer.num_tokens_since_fired["body"] = torch.tensor(counters)
        recorder, seen = golden.Recorder(coder, trainer.optimizers[0]), {}
        parameters = recorder.parameters()

        def keep(module, inputs, keywords, out):
            seen["forward"] = {"sae_out": out.sae_out.detach().clone(), "code": dense(out)}
            seen["terms"] = {"fvu": out.fvu, "auxk_loss": out.auxk_loss, "multi_topk_fvu": out.multi_topk_fvu}
            seen["start"] = recorder.parameters()

        coder.register_forward_hook(keep, with_kwargs=True)
        trainer.fit()
        after = {"parameters": recorder.parameters(),
                 "state": {"num_tokens_since_fired": trainer.num_tokens_since_fired["body"]}}
    terms = seen["terms"]
    changed = {name: value for name, value in seen["start"].items() if not torch.equal(value, parameters[name])}
    return {"inputs": rows, **({} if targets is None else {"targets": targets}),
            "state": {"global_step": 0, "num_tokens_since_fired": torch.tensor(counters)}, "parameters": parameters,
            "set_before_the_forward_pass": changed, "code": seen["forward"]["code"],
            "reconstruction": seen["forward"]["sae_out"], "terms": terms,
            "loss": terms["fvu"] + alpha * terms["auxk_loss"] + terms["multi_topk_fvu"] / 8,
            "gradients": recorder.gradients, "applied": recorder.changed_gradients(), "after": after}


def dense(out):
    return torch.zeros(len(out.latent_acts), N).scatter(1, out.latent_indices, out.latent_acts.detach())


def coder_weights(transcode, quiet=()):
    w = drawn.weights(1, quiet)
    decoder = w["decoder"] if transcode else torch.nn.functional.normalize(w["decoder"], dim=1)
    return {"encoder.weight": w["encoder"], "encoder.bias": w["encoder_bias"], "W_dec": decoder,
            "b_dec": w["decoder_bias"], "W_skip": drawn.uniform("skip", (D, D), -0.5, 0.5)}


WHAT = ("relu, then the k largest of a row; the input is x - b_dec, of a transcoder x. fvu = sum over batch and features "
        "of (y - y_hat)^2 / sum of (y - mean of y over the batch)^2. Dead: num_tokens_since_fired > "
        "dead_feature_threshold before the step. auxk_loss = min(dead / (d // 2), 1) sum (decode of a without bias - "
        "(y - y_hat, detached))^2 / the same variance, a = the min(d // 2, dead) largest relu(pre-code) of dead latents. "
        "loss = fvu + auxk_alpha auxk_loss + multi_topk_fvu / 8. The encoder's backward (fused_encoder.py) uses the k "
        "selected values alone: neither AuxK nor the 4 k latents of multi_topk train the encoder. ")
UNIT = ("Decoder rows are divided by their norm + 1.2e-7 before the forward pass; the optimizer gets the decoder's "
        "gradient without its part parallel to them; they are not normalised after the step. No clipping. ")


def case(name, what, counters=NONE_DEAD, first=False, alpha=1 / 32, targets=None, **config):
    transcode = config.get("transcode", False)

    def step(rows):
        with golden.quiet():
            return one_step(SparseCoderConfig(num_latents=N, k=2, **config), coder_weights(transcode, drawn.quiet_of(counters, DEAD_AT)),
                            counters, first, alpha, targets, rows)

    description = {
        "package": f"eai-sparsify {__version__}",
        "computed_by": ["sparsify/trainer.py: Trainer.fit", "sparsify/sparse_coder.py: SparseCoder.forward",
                        "sparsify/fused_encoder.py: FusedEncoder"],
        "definition": WHAT + what,
        "config": {**SparseCoderConfig(num_latents=N, k=2, **config).to_dict(), "d_in": D, "auxk_alpha": alpha,
                   "dead_feature_threshold": DEAD_AT, "optimizer": "adam", "lr": 1e-3, "lr_warmup_steps": 0}}
    golden.write_step(f"sparsify/{name}", description, step, drawn.rows(1))


def main():
    case("topk", UNIT)
    case("topk_two_dead", UNIT, counters=TWO_DEAD)
    case("topk_five_dead", UNIT, counters=FIVE_DEAD)
    case("topk_first_step", UNIT + "Step 0 sets b_dec to the mean of the batch", first=True)
    case("multi_topk", UNIT + "With multi_topk the latents that are returned, and counted as fired, are the 4 k",
         multi_topk=True)
    skip = "y_hat = a W_dec + b_dec + x W_skip^T. The decoder is free. "
    targets = drawn.rows("targets", mean=0.25)
    case("skip_transcoder", skip, targets=targets, transcode=True, skip_connection=True)
    case("skip_transcoder_two_dead", skip, targets=targets, counters=TWO_DEAD, transcode=True, skip_connection=True)
    case("skip_transcoder_first_step", skip + "Step 0 sets encoder.bias to -encoder.weight mean(x), b_dec to mean(y)",
         targets=targets, first=True, transcode=True, skip_connection=True)


if __name__ == "__main__":
    main()
