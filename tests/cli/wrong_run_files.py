"""Wrong run files, by what is wrong with them: each as an object or as text, and what is said of it."""

import json

import program
from program import small_run


def model(**fields):
    return small_run(model={"variant": "dense", **fields})


def convolutional(encoder, decoder, **fields):
    return small_run(model={"variant": "convolutional", "encoder": encoder, "decoder": decoder, **fields})


def data(**fields):
    return small_run(data={"source": "digits", **fields})


def training(**fields):
    return small_run(training=fields)


def optimizer(**fields):
    return training(optimizer=fields)


def callbacks(*listed):
    return small_run(callbacks=list(listed))


def dictionary(variant, **fields):
    return small_run(model={"variant": variant, "code": 8, **fields})


LONG = {"kind": "linear", "from": 0, "to": 1, "over": 1e6}
KERNEL_9 = {"encoder": [{"conv": 2, "kernel": 9, "padding": "valid"}], "decoder": [{"conv": 1}]}
CONV, POOL, UP, OUT = {"conv": 2}, {"pool": "max"}, {"upsample": 2}, {"conv": 1}

# A wrong run file (an object, or text) and what must be said, a line each.
WRONG = {
    "misspelt keys": (
        small_run(model={"variant": "dense", "cod": 8}, trainning={}),
        'model.cod: unknown key. Did you mean "code"?',
        'trainning: unknown key. Did you mean "training"?',
    ),
    "a key of another variant": (model(encoder=[]), "model.encoder: unknown key"),
    "wrong types": (
        training(epochs="3", batch_size=[64]),
        "training.epochs: must be a whole number, not \"3\": write 3",
        "training.batch_size: must be a whole number, not a list",
    ),
    "2.0 is not an integer": (
        small_run(seed=2.0, training={"epochs": 2.0}),
        "seed: must be a whole number, not 2.0",
        "training.epochs: must be a whole number, not 2.0",
    ),
    "more active elements than there are": (
        dictionary("jump-relu", target_l0=9), "model.target_l0: is 9, but a code has 8 elements"),
    "widths that are not nested": (dictionary("matryoshka", k=2, widths=[4, 2]), "model.widths: must be increasing"),
    "no widths": (dictionary("matryoshka", k=2, widths=[]), "model.widths: must be at least one"),
    "how the dead are revived that are not": (
        dictionary("top-k", k=2, revive=False, aux_k={"k": 3}),
        'model.aux_k: has no effect with "revive": false: leave one of them out'),
    "models that are no list": (
        small_run(train={"first": {"seed": 2}}),
        'train: must list the models that are trained together, each with a "name"; the training procedure is "training"'),
    "too small": (
        small_run(training={"epochs": 0}, data={"source": "digits", "validation": -1}),
        "training.epochs: must be at least 1, is 0",
        "data.validation: must be at least 0, is -1",
    ),
    "too large": (
        small_run(training={"threads": 5000}, format=2),
        "training.threads: must be between 1 and 1024, is 5000",
        "format: must be",
    ),
    "a boundary that is excluded": (data(train=0), "data.train: must be above 0, is 0"),
    "half a row": (
        data(validation=10.5, test=2.5),
        "data.validation: must be a whole number of rows",
        "data.test: must be a whole number of rows",
    ),
    "NaN": ('{"seed":\n  NaN}', "wrong.json:2:3:"),
    "infinite": ('{"model": {"code": 1e999}}', "wrong.json:1:24: the number 1e999 is not finite"),
    "numbers for other things": (
        small_run(name=3, model={"variant": "dense", "tied": 1}),
        "name: must be a string, not 3: write \"3\"",
        "model.tied: must be true or false, not 1",
    ),
    "a huge integer": (
        '{"seed": 123456789012345678901}',
        "the whole number 123456789012345678901 is too large",
    ),
    "a key twice": ('{"name": "a",\n "name": "b"}', 'wrong.json:2:7: the key "name" appears twice'),
    "a key twice, deeper": ('{"model": {"code": 1, "code": 2}}', 'the key "code" appears twice'),
    "too deep": ('{"model": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 64 levels"),
    "a comma too many": ('{"name": "a",\n "seed": 1,}', "wrong.json:2:11: remove the trailing comma"),
    "cut short": ('{"name": "a"', "wrong.json:1:12:"),
    "a comment": ("{ // mine\n}", "wrong.json:1:3: JSON has no comments"),
    "two values": ("{} {}", "wrong.json:1:4:"),
    "an empty file": ("", "wrong.json: is empty"),
    "only white space": (" \n ", "wrong.json: is empty"),
    "a binary file": (bytes(range(256)), "wrong.json:1:1:"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "wrong.json is a PNG image, not a run file"),
    "bytes after the end": (json.dumps(small_run()).encode() + b"\0rest", "wrong.json:1:"),
    "another encoding": ('{"name": "é"}'.encode("latin1"), "a string is not UTF-8"),
    "a list": ([], "must be an object, not a list"),
    "a number": (3, "must be an object, not 3"),
    "nothing": ({}, "data: is missing", "model: is missing"),
    "no data": (small_run(data=None), 'data: is missing: name a source, such as {"source": "digits"}'),
    "no model": (small_run(model=None), "model: is missing: choose a variant"),
    "no tags": (
        small_run(model={"code": 3}, data={"validation": 3}),
        'model: lacks "variant": write "variant": "pca",',
        'data: lacks "source": say which data source (mnist,',
    ),
    "tags that are not names": (
        small_run(model={"variant": 3}, data={"source": None}),
        "model.variant: must be the name of a variant, not 3",
        "data.source: must be the name of a data source, not null",
    ),
    "no objects": (
        small_run(model=["dense"], data=3),
        "model: must be an object with",
        "data: must be an object with",
    ),
    "nulls": (
        '{"data": "digits", "model": "dense", "training": null, "callbacks": null}',
        "training: must be an object, not null",
        "callbacks: must be a list, not null",
    ),
    "unknown variant and optimizer": (
        small_run(model="dens", training={"optimizer": "adm"}),
        'model: unknown variant "dens". Did you mean "dense"?',
        'training.optimizer: unknown optimizer "adm". Did you mean "adam"?',
    ),
    "unknown source and callback": (
        small_run(data={"source": "digit"}, callbacks=[{"kind": "early-stoping"}]),
        'data.source: unknown data source "digit". Did you mean "digits"?',
        'callbacks[0].kind: unknown callback "early-stoping". Did you mean "early-stopping"?',
    ),
    "unknown metric and likelihood": (
        small_run(
            evaluation=["reconstruction", "acuracy"], model={"variant": "dense", "likelihood": "bernouli"}
        ),
        'evaluation[1]: unknown metric "acuracy". Did you mean "accuracy"?',
        'model.likelihood: unknown likelihood "bernouli". Did you mean "bernoulli"?',
    ),
    "unknown values of enumerations": (
        small_run(training={"device": "gpu"}, model={"variant": "dense", "activation": "Relu"}),
        "training.device:",
        "model.activation:",
    ),
    "lists of wrong things": (
        model(hidden=[64, 0, "x"]),
        "model.hidden[1]: must be between 1 and 1000000, is 0",
        "model.hidden[2]: must be a whole number",
    ),
    "no lists": (
        small_run(callbacks={"kind": "early-stopping"}, evaluation="reconstruction"),
        "callbacks: must be a list, not an object",
        'evaluation: must be a list, not "reconstruction": write ["reconstruction"]',
    ),
    "callbacks' fields": (
        callbacks(
            {"kind": "early-stopping", "patience": 0},
            {"kind": "pictures", "evry": 2},
            {"kind": "log", "enabled": 0},
        ),
        "callbacks[0].patience: must be at least 1, is 0",
        'callbacks[1].evry: unknown key. Did you mean "every"?',
        "callbacks[2].enabled: must be true or false, not 0",
    ),
    "a callback without kind": (callbacks({"enabled": False}), 'callbacks[0]: lacks "kind"'),
    "an early stopping of the checkpoint's": (
        callbacks({"kind": "checkpoint", "seconds": -1, "patience": 3}),
        "callbacks[0].seconds: must be at least 0",
        "callbacks[0].patience: unknown key",
    ),
    "learning rates": (
        optimizer(kind="adam", learning_rate="fast", beta1=1),
        'training.optimizer.learning_rate: must be a number or a schedule, not "fast". Known: constant,',
        "training.optimizer.beta1: must be between",
    ),
    "schedules": (
        optimizer(kind="sgd", learning_rate={"from": 1}, nesterov=True),
        'training.optimizer.learning_rate: lacks "kind": write "kind": "linear", "exponential" or "cosine"',
        "training.optimizer.nesterov: needs a momentum above 0",
    ),
    "a field of another optimizer": (
        optimizer(kind="adam", momentum=0.9),
        "training.optimizer.momentum: unknown key",
    ),
    "bad names": (
        small_run(name="../x", output=3),
        "name: must be made of at most 100 letters",
        "output: must be a string, not 3: write \"3\"",
    ),
    "an empty name": (small_run(name=""), "name: must be made of at most 100 letters"),
    "a hidden name": (small_run(name=".x"), "name: must be made of at most 100 letters"),
    "one penalty twice": (
        model(penalties=[{"kind": "l1"}, {"kind": "l1"}, {"weight": 3}]),
        "model.penalties[1]: is of the same kind as",
        'model.penalties[2]: lacks "kind"',
    ),
    "bernoulli on standardized data": (
        small_run(
            data={"source": "digits", "transforms": ["standardize"]},
            model={"variant": "dense", "code": 8, "likelihood": "bernoulli"},
        ),
        "model.likelihood: bernoulli is for values between 0 and 1",
    ),
    "layers that do not lead back": (
        convolutional([CONV, POOL], [OUT]),
        "model.decoder: its output is 1x4x4, but the data are 1x8x8",
    ),
    "more channels than the data": (
        convolutional([CONV, POOL], [UP, CONV]),
        "its output is 2x8x8, but the data are 1x8x8",
    ),
    "a kernel larger than its input": (
        convolutional([{"conv": 2, "kernel": 9, "padding": "valid"}], [OUT]),
        "model.encoder[0]: its kernel of 9 is larger",
    ),
    "such a kernel in a backbone": (
        small_run(model={"variant": "denoising", "backbone": {**KERNEL_9, "kind": "convolutional"}}),
        "model.backbone.encoder[0]: its kernel of 9 is larger",
    ),
    "such a kernel in a stack": (
        small_run(model={"variant": "stacked", "layers": [{**KERNEL_9, "variant": "convolutional"}]}),
        "model.layers[0].encoder[0]: its kernel of 9 is larger",
    ),
    "convolutions on codes": (
        small_run(
            model={"variant": "stacked", "layers": [{"variant": "dense", "code": 9}, "convolutional"]}
        ),
        "model.layers[1]: convolutions need images",
    ),
    "more kept than there are": (
        small_run(model={"variant": "sparse", "sparsity": "k-sparse", "code": 8, "k": 9, "test_k": 10}),
        "model.k: 9 is more than the 8 dimensions",
        "model.test_k: 10 is more than the 8 dimensions",
    ),
    "more kept by a bottleneck": (
        model(code=8, bottleneck={"kind": "k-sparse", "k": 4, "test_k": 9}),
        "model.bottleneck.test_k: 9 is more than the 8 dimensions",
    ),
    "KL sparsity of codes that are not probabilities": (
        small_run(model={"variant": "sparse", "bottleneck": {"kind": "deterministic", "activation": "relu"}}),
        "model.bottleneck: kl-sparsity compares activations with a probability",
    ),
    "values of schedules": (
        small_run(
            model={
                "variant": "contractive",
                "weight": "cosin",
                "hessian_weight": {"kind": "linear", "from": 1, "to": -2},
                "corruption": {"kind": "masking", "level": 1.5},
                "penalties": [{"kind": "l1", "weight": True}],
            }
        ),
        'model.weight: must be a number or a schedule, not "cosin". Did you mean "cosine"?',
        "model.hessian_weight: must stay at least 0, reaches -0.",
        "model.corruption.level: must stay between 0 and 1, is 1.5",
        'model.penalties[0].weight: must be a number, an object with "kind" or the name of a schedule, not true',
    ),
    "a schedule longer than its phase": (
        small_run(
            model={"variant": "sparse", "weight": LONG}
        ),
        "model.weight: the linear schedule takes 1000000 steps",
    ),
    "a layer's schedule longer than its phase": (
        small_run(model={"variant": "stacked", "layers": [{"variant": "contractive", "weight": LONG}]}),
        "model.layers[0].weight: the linear schedule takes 1000000 steps",
    ),
    "a wrong model and wrong callbacks": (
        small_run(
            model={"variant": "sparse", "sparsity": "k-sparse", "code": 8, "k": 9},
            callbacks=[
                {"kind": "early-stopping", "monitor": "validation/reconstuction"},
                {"kind": "plateau", "monitor": "validation/contractive"},
                {"kind": "plateau"},
            ],
        ),
        "model.k: 9 is more than the 8 dimensions",
        'callbacks[0].monitor: no metric "validation/reconstuction" to monitor. Did you mean "validation/rec',
        'callbacks[2]: saves its state as "plateau", as callbacks[1] does',
    ),
    "two layers in one": (
        convolutional([{"conv": 2, "pool": "max"}], [{}]),
        'model.encoder[0]: must have exactly one of "conv", "pool", "upsample" and "crop"',
        "model.decoder[0]: must have exactly one of",
    ),
    "fields of other layers": (
        convolutional([{"conv": 2, "size": 2}, {"pool": "max", "kernel": 3}], [{"conv": 1, "kernel": 4}]),
        "model.encoder[0].size: unknown key",
        "model.encoder[1].kernel: unknown key",
        'model.decoder[0].kernel: must be odd with "same" padding',
    ),
    "no layers": (
        convolutional([], []),
        "model.encoder: must have at least one layer",
    ),
    "code with convolutional": (
        convolutional([CONV, POOL], [UP, OUT], code=8),
        "model.code: the shape of a convolutional code follows from the encoder's layers: 2x4x4",
    ),
    "too large a validation split": (
        data(validation=5000),
        "data.validation: asks for 5000 rows, but only 1438 of 1797 are left by the other splits",
    ),
    "nothing left to train on": (data(validation=1438), "data.validation: leaves no rows to train on"),
    "too large a test split": (data(test=2000), "data.test: asks for 2000 rows"),
    "an unknown monitor": (
        callbacks("pictures", {"kind": "early-stopping", "monitor": "validation/los"}),
        'callbacks[1].monitor: no metric "validation/los" to monitor. Did you mean "validation/loss"?',
    ),
    "a monitor without validation": (
        small_run(
            data={"source": "digits", "validation": 0},
            callbacks=[{"kind": "checkpoint", "monitor": "validation/loss"}],
        ),
        'callbacks[0].monitor: no metric "validation/loss" to monitor',
    ),
    "two early stoppings": (
        callbacks("early-stopping", "pictures", "early-stopping"),
        'callbacks[2]: saves its state as "early-stopping", as callbacks[0] does',
    ),
    "missing data files": (
        small_run(data={"source": "mnist", "folder": "/nowhere"}),
        "data.folder: mnist needs train-images-idx3-ubyte",
    ),
    "no IDX file named": (
        small_run(data={"source": "idx", "test_label_files": "y"}),
        "data.files: is missing",
        "data.test_label_files: needs test_files",
    ),
    "an IDX file that is missing": (
        small_run(data={"source": "idx", "files": "/nowhere/x"}),
        "data.files: there is no file /nowhere/x",
    ),
    "missing files of a source of a source": (
        small_run(data={"source": "joined", "sources": ["digits", {"source": "npy", "files": ["/nowhere/x", "/nowhere/y"], "test_files": "/nowhere/z"}]}),
        "data.sources[1].files: there is no file /nowhere/x, /nowhere/y",
        "data.sources[1].test_files: there is no file /nowhere/z",
    ),
    "a transform of images for a table": (
        small_run(data={"source": "synthetic", "of": {"kind": "xor"}, "transforms": ["flip"]}),
        "data.transforms[0]: needs images, [channels, height, width], and the rows have shape [2]",
    ),
    "a file that is not an IDX file": (
        small_run(data={"source": "idx", "files": str(program.SOURCE / "README.md")}),
        f"wrong.json: data: {program.SOURCE / 'README.md'} is not an IDX file",
    ),
    "an IDX file of labels": (
        small_run(
            data={
                "source": "idx",
                "files": str(program.SOURCE / "data/mnist/t10k-labels-idx1-ubyte.gz"),
            }
        ),
        "holds a one-dimensional array",
    ),
    "another expansion": (
        model(code=8, expanded={"code": 9}),
        'model.expanded: is not what the variant "dense" expands to',
    ),
}
