"""Writes golden files: JSON whose numbers are the shortest that read back to the same float32 (or float64) number."""

import contextlib
import io
import json
import pathlib

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent / "golden"


def plain(value):
    """Tensors as nested lists; float32 numbers as the shortest decimal that is theirs."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.to_dense() if value.is_sparse else value
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        if value.ndim:
            return [plain(item) for item in value]
        return float(str(value)) if value.dtype == np.float32 else value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def text(value, indent=""):
    """JSON with one line for each row of numbers, short lists and objects included."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return line
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        if len(line) < 4000 and not any(isinstance(item, str) for item in value):
            return line
    inner = indent + " "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {text(item, inner)}" for key, item in value.items()]
    else:
        lines = [text(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(inner + line for line in lines) + "\n" + indent + closing


def write(name, value):
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(plain(value)) + "\n", encoding="utf-8")


@contextlib.contextmanager
def quiet():
    """Without what the packages print on stdout and stderr (progress bars, advice)."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


class Recorder:
    """What a package's own training step does with a module's parameters, seen from hooks of PyTorch."""

    def __init__(self, module, optimizer):
        self.module = module
        self.gradients, self.applied = {}, {}
        for name, parameter in module.named_parameters():
            parameter.register_post_accumulate_grad_hook(self._keeper(name))
        # A subclass's step that calls Adam's calls this twice: before and after it has changed the gradients.
        torch.optim.Adam([torch.zeros(1, requires_grad=True)])
        optimizer.register_step_pre_hook(self._before_step)

    def _keeper(self, name):
        def keep(parameter):
            self.gradients[name] = parameter.grad.detach().clone()
        return keep

    def _before_step(self, *_):
        for name, parameter in self.module.named_parameters():
            if parameter.grad is not None:
                self.applied[name] = parameter.grad.detach().clone()

    def parameters(self):
        return {name: p.detach().clone() for name, p in self.module.named_parameters()}

    def changed_gradients(self):
        """Those that the optimizer got, where it got others than the loss's own: projected, clipped."""
        same = all(torch.equal(self.gradients[name], gradient) for name, gradient in self.applied.items())
        return {} if same else self.applied


def check_margins(name, record, step):
    """Fails if the case lies so near a tie, a threshold or a kink that rounding could decide it."""
    nearby = step(record["inputs"] * (1 + 2e-5) + 1e-5)
    if not torch.equal(record["code"] != 0, nearby["code"] != 0):
        raise SystemExit(f"{name}: a latent is as good as tied with another or with its threshold; draw another batch")
    for key, gradient in record["gradients"].items():
        difference = (gradient - nearby["gradients"][key]).abs().max().item()
        if not difference < 0.02 * (1 + gradient.abs().max().item()):
            raise SystemExit(f"{name}: the gradient of {key} jumps by {difference} nearby; draw another batch")


def write_step(name, description, step, inputs):
    record = step(inputs)
    check_margins(name, record, step)
    write(name, {**description, **record})
