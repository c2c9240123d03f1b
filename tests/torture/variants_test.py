"""Runs of every variant that are killed within their training: all resume to the bits of a run that was left alone."""

import json
import time

from endurance import chance, rounds
import program
import resume_test

FILES = sorted((program.SOURCE / "experiments/variants").glob("*-digits.json"))


def small(file):
    """The run file's model and data, with three epochs of each phase and a checkpoint at every step."""
    config = program.read_json(file)
    if "training" in config:  # a closed form has none
        config["training"]["epochs"] = 3
    config["callbacks"] = [{"kind": "checkpoint", "seconds": 0}]
    config["evaluation"] = ["reconstruction"]
    config["model"].pop("layer_epochs", None)
    return config


class EveryVariant(resume_test.ResumeTestCase):
    @classmethod
    def setUpClass(cls):
        pass  # each variant has its own reference

    def test_has_a_run_file(self):
        listed = {kind["name"] for kind in json.loads(program.run("list", "models", "--json").stdout)["variants"]}
        tried = {program.read_json(file)["model"]["variant"] for file in FILES}
        self.assertEqual(listed, tried)

    def test_resumes_to_the_same_bits_wherever_it_is_killed(self):
        moments, kills = chance("variants"), 0
        for file in FILES:
            with self.subTest(file.name):
                config = small(file)
                self.output = self.folder / file.stem
                self.reference = resume_test.contents(self.train(config))
                epochs = self.reference["metrics.jsonl"].count(b"\n")
                for attempt in range(rounds(1, 20)):
                    self.output = self.folder / f"{file.stem}-{attempt}"
                    process, folder = self.begin(config)
                    reached = moments.randrange(epochs)
                    program.wait_for(lambda: resume_test.lines(folder) >= reached or process.poll() is not None)
                    time.sleep(moments.uniform(0, 0.02))
                    process.kill()
                    kills += program.finish(process).code != 0
                    if resume_test.status(folder) == "running":
                        self.assert_completes(folder)
        self.assertGreater(kills, len(FILES) // 3, "most runs ended before they were killed")


if __name__ == "__main__":
    program.main()
