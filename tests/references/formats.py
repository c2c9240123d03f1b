"""What each package writes when it saves a model with drawn weights, and what its loader makes of it."""

import json
import pathlib
import tempfile
import zipfile

import torch
from dictionary_learning.training import trainSAE
from dictionary_learning.trainers.batch_top_k import BatchTopKTrainer
from dictionary_learning.trainers.gdm import GatedSAETrainer
from dictionary_learning.trainers.jumprelu import JumpReluTrainer
from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKTrainer
from dictionary_learning.trainers.standard import StandardTrainer
from dictionary_learning.trainers.top_k import TopKTrainer
from safetensors import safe_open
from sae_lens.saes import (
    AbsTopKTrainingSAE, AbsTopKTrainingSAEConfig, BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, GatedTrainingSAE,
    GatedTrainingSAEConfig, JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig, MatchingPursuitTrainingSAE,
    MatchingPursuitTrainingSAEConfig, MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig,
    SkipTranscoder, SkipTranscoderConfig, StandardTrainingSAE, StandardTrainingSAEConfig, TopKTrainingSAE,
    TopKTrainingSAEConfig)
from sparsify import SparseCoder, SparseCoderConfig

import dictionary_learning_steps
import drawn
import golden
import loading
import saelens_steps
import sparsify_steps

D, N = drawn.D, drawn.N
ROWS = drawn.rows("export", 6)


def named_tensors(path):
    """{name: (dtype as its file says, values)} in the file's order, and the names in the archive or its metadata."""
    if path.suffix == ".safetensors":
        header = json.loads(path.read_bytes()[8:8 + int.from_bytes(path.read_bytes()[:8], "little")])
        with safe_open(path, framework="pt") as file:
            tensors = {name: (entry["dtype"], file.get_tensor(name)) for name, entry in header.items() if name != "__metadata__"}
        return tensors, {"metadata": header.get("__metadata__")}
    tensors = {name: (str(value.dtype), value) for name, value in torch.load(path).items()}
    return tensors, {"archive": sorted(zipfile.ZipFile(path).namelist())}


def written(folder):
    """Layout and content of a folder that a package wrote, and what the package answers for ROWS when it loads it."""
    folder = pathlib.Path(folder)
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json":
            # Sorted: SAELens writes cfg.json's keys in the order of a set, which differs from run to run.
            files[path.name] = json.loads(json.dumps(json.loads(path.read_text()), sort_keys=True))
        else:
            tensors, more = named_tensors(path)
            files[path.name] = {**more, "tensors": {
                name: {"dtype": dtype, "shape": list(values.shape), "values": values}
                for name, (dtype, values) in tensors.items()}}
    _, answer = loading.load(folder)
    with torch.no_grad():
        codes, outputs = answer(ROWS)
    return {"files": files, "inputs": ROWS, "codes": codes, "outputs": outputs}


def entry(name, saved_by, trained, save, remarks=""):
    with tempfile.TemporaryDirectory() as folder, golden.quiet():
        content = written(save(pathlib.Path(folder)))
    golden.write(f"formats/{name}", {"saved_by": saved_by, "loaded_by": "tests/references/loading.py",
                                     **({"remarks": remarks} if remarks else {}), "trained": trained, **content})


def saelens():
    more = {"b_gate": drawn.uniform("gate", (N,), -0.4, 0.2), "b_mag": drawn.uniform("magnitude", (N,), -0.2, 0.4),
            "r_mag": drawn.uniform("scale", (N,), -0.3, 0.3), "threshold": drawn.uniform("threshold", (N,), 0.05, 0.4)}
    as_jump_relu = ("saved as jumprelu: decoder norms folded, threshold = topk_threshold in every element, cfg.json's "
                    "architecture jumprelu; its codes are those of the threshold, not of the batch")
    models = {
        "standard": (StandardTrainingSAE, StandardTrainingSAEConfig, {}, ""),
        "topk": (TopKTrainingSAE, TopKTrainingSAEConfig, {"k": 2},
                 "decoder norms are folded: W_enc, b_enc times the norms, W_dec of norm 1; cfg.json still says "
                 "rescale_acts_by_decoder_norm true, which is then no change"),
        "topk_not_rescaled": (TopKTrainingSAE, TopKTrainingSAEConfig, {"k": 2, "rescale_acts_by_decoder_norm": False}, ""),
        "abstopk": (AbsTopKTrainingSAE, AbsTopKTrainingSAEConfig, {"k": 2}, "as topk"),
        "batchtopk": (BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, {"k": 2.5}, as_jump_relu),
        "matryoshka": (MatryoshkaBatchTopKTrainingSAE, MatryoshkaBatchTopKTrainingSAEConfig,
                       {"k": 2.5, "matryoshka_widths": [3, 6, N]}, as_jump_relu),
        "jumprelu": (JumpReLUTrainingSAE, JumpReLUTrainingSAEConfig, {"jumprelu_bandwidth": 0.4}, ""),
        "gated": (GatedTrainingSAE, GatedTrainingSAEConfig, {}, ""),
        "matching_pursuit": (MatchingPursuitTrainingSAE, MatchingPursuitTrainingSAEConfig,
                             {"max_iterations": 3, "residual_threshold": 0.0, "decoder_init_norm": 1.0},
                             "W_dec and b_dec alone: the encoder is W_dec^T")}
    for name, (sae_class, config_class, config, remarks) in models.items():
        sae = saelens_steps.start(sae_class(config_class(d_in=D, d_sae=N, **config)), 1, **more)
        if hasattr(sae, "topk_threshold"):
            sae.topk_threshold.fill_(0.625)
        trained = {key: value.clone() for key, value in sae.state_dict().items()}

        def save(folder):
            sae.save_inference_model(folder / "sae")
            return folder / "sae"

        entry(f"saelens_{name}", "sae_lens/saes/sae.py: TrainingSAE.save_inference_model", trained, save, remarks)
    transcoder = SkipTranscoder(SkipTranscoderConfig(d_in=D, d_sae=N, d_out=4, apply_b_dec_to_input=False))
    saelens_steps.start(transcoder, 1, W_dec=drawn.uniform("out", (N, 4), -0.6, 0.6), b_dec=drawn.uniform("to", (4,), -1, 1),
                        W_skip=drawn.uniform("skip", (4, D), -0.5, 0.5))

    def save_transcoder(folder):
        transcoder.save_model(folder / "sae")
        return folder / "sae"

    entry("saelens_skip_transcoder", "sae_lens/saes/sae.py: SAE.save_model", dict(transcoder.state_dict()), save_transcoder)


def sparsify():
    for name, config in (("topk", {}), ("skip_transcoder", {"transcode": True, "skip_connection": True})):
        coder = SparseCoder(D, SparseCoderConfig(num_latents=N, k=2, **config))
        values = sparsify_steps.coder_weights("transcode" in config)
        coder.load_state_dict({key: values[key] for key in coder.state_dict()})

        def save(folder):
            coder.save_to_disk(folder / "sae")
            return folder / "sae"

        entry(f"sparsify_{name}", "sparsify/sparse_coder.py: SparseCoder.save_to_disk", dict(coder.state_dict()), save)


def dictionary_learning():
    more = {"gate_bias": drawn.uniform("gate", (N,), -0.4, 0.2), "mag_bias": drawn.uniform("magnitude", (N,), -0.2, 0.4),
            "r_mag": drawn.uniform("scale", (N,), -0.3, 0.3), "threshold": drawn.uniform("threshold", (N,), 0.05, 0.4)}
    by_threshold = "loaded, it uses the threshold (> threshold), not k; -1 means that there was none yet"
    models = {
        "standard": (StandardTrainer, {}, "load_dictionary divides decoder columns by their norms and multiplies the encoder"),
        "topk": (TopKTrainer, {"k": 2}, "the threshold is saved and not used by forward()"),
        "batch_topk": (BatchTopKTrainer, {"k": 2}, by_threshold),
        "matryoshka": (MatryoshkaBatchTopKTrainer, {"k": 2, "group_fractions": [0.25, 0.25, 0.5]}, by_threshold),
        "jumprelu": (JumpReluTrainer, {}, "b_dec is not subtracted from the input"),
        "gated": (GatedSAETrainer, {}, "")}
    for name, (trainer_class, config, remarks) in models.items():
        kept = {}

        def make(**arguments):
            trainer = trainer_class(**arguments)
            dictionary_learning_steps.start(trainer.ae, 1, unit_norm=True, **more)
            if "k" in config:
                trainer.ae.threshold.fill_(0.625)
            kept.update({key: value.clone() for key, value in trainer.ae.state_dict().items()})
            return trainer

        def save(folder):
            trainSAE([], [{"trainer": make, **dictionary_learning_steps.COMMON, **config}], steps=1,
                     save_dir=str(folder), device="cpu")
            return folder / "trainer_0"

        entry(f"dictionary_learning_{name}", "dictionary_learning/training.py: trainSAE", kept, save, remarks)


def folding():
    """The normalisation of inputs taken into the weights: the same answers for raw rows."""
    factor = 0.4
    for name, sae_class, config_class, config in (
            ("standard", StandardTrainingSAE, StandardTrainingSAEConfig, {}),
            ("batchtopk", BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, {"k": 2.5})):
        sae = saelens_steps.start(sae_class(config_class(d_in=D, d_sae=N, **config)), 1)
        if hasattr(sae, "topk_threshold"):
            sae.topk_threshold.fill_(0.625)
        trained = {key: value.clone() for key, value in sae.state_dict().items()}
        with torch.no_grad():
            before = sae(ROWS * factor) / factor
            sae.fold_activation_norm_scaling_factor(factor)
            golden.write(f"formats/folding_saelens_{name}", {
                "computed_by": "sae_lens/saes: fold_activation_norm_scaling_factor: W_enc times, W_dec and b_dec divided by "
                               "the factor, which multiplies inputs; b_enc stays; of batchtopk rescaled by decoder norms "
                               "topk_threshold is divided, too",
                "factor": factor, "trained": trained, "folded": sae.state_dict(), "inputs": ROWS,
                "outputs_before": before, "outputs_after": sae(ROWS)})
    trainer = TopKTrainer(k=2, **dictionary_learning_steps.COMMON)
    dictionary_learning_steps.start(trainer.ae, 1, unit_norm=True)
    trainer.ae.threshold.fill_(0.625)
    trained = {key: value.clone() for key, value in trainer.ae.state_dict().items()}
    with torch.no_grad():
        before = trainer.ae(ROWS / 2.5) * 2.5
        trainer.ae.scale_biases(2.5)
        golden.write("formats/folding_dictionary_learning_topk", {
            "computed_by": "dictionary_learning: AutoEncoderTopK.scale_biases(norm_factor): biases and threshold times the "
                           "factor that inputs were divided by. The factor itself is in no file: trainSAE sets it in a "
                           "dictionary that trainer.config makes anew at each access, after config.json was written",
            "factor": 2.5, "trained": trained, "folded": trainer.ae.state_dict(), "inputs": ROWS,
            "outputs_before": before, "outputs_after": trainer.ae(ROWS)})


def main():
    for part in (saelens, sparsify, dictionary_learning, folding):
        part()


if __name__ == "__main__":
    main()
