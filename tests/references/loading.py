"""Folders of the three formats, loaded by the packages themselves. Nothing here repairs a folder: what a package cannot
load, it raises."""

import pathlib

import torch


def format_of(folder):
    """saelens, sparsify or dictionary-learning, by the weights' file name; None of other folders."""
    names = {"sae_weights.safetensors": "saelens", "sae.safetensors": "sparsify", "ae.pt": "dictionary-learning"}
    found = [format_name for name, format_name in names.items() if (pathlib.Path(folder) / name).is_file()]
    return found[0] if len(found) == 1 else None


def load(folder):
    """(text about the model, function of rows [n, d_in] -> (codes [n, latents], reconstructions [n, d_out]))."""
    return {"saelens": saelens, "sparsify": sparsify, "dictionary-learning": dictionary_learning}[format_of(folder)](folder)


def saelens(folder):
    from sae_lens import SAE
    sae = SAE.load_from_disk(folder)
    return (f"SAELens {sae.cfg.architecture()}, {sae.cfg.d_in} -> {sae.cfg.d_sae}",
            lambda rows: (sae.encode(rows), sae(rows)))


def sparsify(folder):
    from sparsify import SparseCoder
    coder = SparseCoder.load_from_disk(folder)

    def answer(rows):
        out = coder(rows)
        code = torch.zeros(len(rows), coder.num_latents).scatter(1, out.latent_indices, out.latent_acts)
        return code, out.sae_out

    return f"sparsify {coder.cfg.activation}, {coder.d_in} -> {coder.num_latents}", answer


def dictionary_learning(folder):
    from dictionary_learning.utils import load_dictionary
    model, config = load_dictionary(str(folder), device="cpu")
    return (f"dictionary_learning {config['trainer']['dict_class']}, {model.activation_dim} -> {model.dict_size}",
            lambda rows: (model.encode(rows), model(rows)))
