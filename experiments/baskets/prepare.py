#!/usr/bin/env python3
"""Makes the sparse rows of MovieLens 100K that run.json reads, from the copy that RecBole's wheel carries.

    pip download recbole==1.2.1 --no-deps                      # or any path to the wheel
    build/python/bin/python experiments/baskets/prepare.py recbole-1.2.1-py3-none-any.whl FOLDER

Of each user's items, 80 % (rounded) are for training, 10 % are for validation and 10 % for the test, drawn with seed 2020;
ratings do not count. The files in FOLDER, [943, 1682], are users.npz, with the items for training; test-users.npz, with those
for training and validation, which the encoder reads in the test; and test-items.npz, with those that it must find."""

import hashlib
import pathlib
import sys
import zipfile

import numpy
import scipy.sparse

WHEEL = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
MEMBER = "recbole/dataset_example/ml-100k/ml-100k.inter"


def interactions(wheel):
    """[user, item], from 0, of 943 users and 1682 items."""
    content = pathlib.Path(wheel).read_bytes()
    if hashlib.sha256(content).hexdigest() != WHEEL:
        sys.exit(f"{wheel} is not the wheel of recbole 1.2.1")
    with zipfile.ZipFile(wheel) as archive:
        lines = archive.read(MEMBER).decode().splitlines()[1:]
    return numpy.array([line.split("\t")[:2] for line in lines], dtype=int) - 1


def split(pairs, seed=2020):
    """The items of each user that are read, for validation, and for the test."""
    random = numpy.random.default_rng(seed)
    parts = [[], [], []]
    for user in range(pairs[:, 0].max() + 1):
        items = random.permutation(numpy.sort(pairs[pairs[:, 0] == user, 1]))
        ends = numpy.round(len(items) * numpy.array([0.8, 0.9])).astype(int)
        for part, some in zip(parts, numpy.split(items, ends)):
            part.extend((user, item) for item in some)
    return [numpy.array(part) for part in parts]


def main():
    wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    pairs = interactions(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    training, validation, test = split(pairs)
    parts = {"users": training, "test-users": numpy.concatenate([training, validation]), "test-items": test}
    for name, part in parts.items():
        ones = numpy.ones(len(part), numpy.float32)
        shape = pairs.max(axis=0) + 1
        scipy.sparse.save_npz(folder / f"{name}.npz", scipy.sparse.csr_matrix((ones, part.T), shape=shape))
        print(f"{folder}/{name}.npz: {len(part)} items of {len(set(part[:, 0]))} users")


if __name__ == "__main__":
    main()
