#!/usr/bin/env python3
"""The golden format files say how to read the folders: from the saved tensors and JSON alone, NumPy gives the codes and
outputs that the packages give after loading them."""

import json
import pathlib
import unittest

import numpy as np

import reading

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "formats"


class Formats(unittest.TestCase):
    def test_folders_are_read_by_their_layout(self):
        count = 0
        for path in sorted(GOLDEN.glob("*.json")):
            case = json.loads(path.read_text(encoding="utf-8"))
            if "files" not in case:
                continue
            count += 1
            with self.subTest(path.stem):
                self.assertEqual(len(case["files"]), 2)
                config = next(content for name, content in case["files"].items() if name.endswith(".json"))
                tensors = next(content for name, content in case["files"].items() if not name.endswith(".json"))["tensors"]
                values = {name: np.array(tensor["values"], dtype=np.float64) for name, tensor in tensors.items()}
                for name, tensor in tensors.items():
                    self.assertEqual(list(values[name].shape), tensor["shape"], name)
                read = {"saelens": reading.saelens, "sparsify": reading.sparsify}.get(path.stem.split("_")[0], reading.dictionary_learning)
                code, out = read(config, values, np.array(case["inputs"]))
                np.testing.assert_allclose(code, case["codes"], atol=5e-6)
                np.testing.assert_allclose(out, case["outputs"], atol=5e-6)
        self.assertEqual(count, 18)

    def test_folding_changes_no_answer(self):
        paths = sorted(GOLDEN.glob("folding_*.json"))
        for path in paths:
            case = json.loads(path.read_text(encoding="utf-8"))
            np.testing.assert_allclose(case["outputs_after"], case["outputs_before"], atol=5e-6, err_msg=path.stem)
        self.assertEqual(len(paths), 3)


if __name__ == "__main__":
    unittest.main()
