"""Series on the command line: windows of tables with times, split by time, scored point by point."""

import csv
import datetime
import io
import json
import random
import sys

import program
from program import small_run

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

sys.path.insert(0, str(program.SOURCE / "experiments/daily-series"))
import make_series

DAY = 288  # points
CONVOLUTIONS = {"kind": "convolutional-1d", "layers": [{"channels": 8, "kernel": 7}, {"channels": 16, "kernel": 7}]}
RECURRENT = {"kind": "recurrent", "cell": "gru", "hidden": [8]}


def in_words(lines):
    return " ".join("\n".join(lines).split())


class Series(program.TestCase):
    def write(self, name, rows, header="timestamp,value"):
        path = self.folder / name
        path.write_text(header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        return path

    def source(self, path, length=24, of=None, **fields):
        table = {"source": "csv", "files": [str(path)] if not isinstance(path, list) else [str(file) for file in path], "time": "timestamp", **(of or {})}
        return {"source": "windows", "of": {key: value for key, value in table.items() if value is not None}, "length": length, **fields}

    def trained(self, path, backbone=CONVOLUTIONS, epochs=2, changes=None, **source):
        return self.train(small_run(data={"validation": 0.15, "test": 0.15, **self.source(path, **source)},
                                    model={"variant": "autoencoder", "code": 8, "backbone": backbone},
                                    training={"epochs": epochs, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": 0.003}},
                                    **(changes or {})))

    def hourly(self, rows, begin="2024-01-01", step=1, seed=0, **columns):
        """Two columns that depend on the hour."""
        noise, first = random.Random(seed), datetime.datetime.fromisoformat(begin)
        for i in range(rows):
            time = first + datetime.timedelta(hours=i * step)
            warm = 10 + 5 * (8 <= time.hour < 20) + noise.gauss(0, 0.3)
            yield time, f"{warm:.4f}", f"{1000 - 20 * warm + noise.gauss(0, 3):.3f}"

    def detect(self, folder, *arguments):
        result = program.run("detect", folder, *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return list(csv.DictReader(io.StringIO(result.stdout))), result.stderr

    def check_jump(self, backbone, epochs, **source):
        normal = make_series.write(self.folder / "normal.csv", make_series.series(1))
        other = make_series.write(self.folder / "other.csv", make_series.series(2))
        jumps = make_series.write(self.folder / "jumps.csv", make_series.series(3, jumps=True))
        folder = self.trained(normal, backbone, epochs, **source)
        normal.unlink()  # is not needed any more, once the detector is kept
        make_series.write(normal, make_series.series(1))
        rate = ["--false-positive-rate", "0.01"]
        found, said = self.detect(folder, "--data", other, *rate)
        normal.unlink()
        self.assertEqual(len(found), make_series.POINTS)
        self.assertLess(sum(row["decision"] == "anomaly" for row in found) / len(found), 0.04, said)
        intervals = self.folder / "intervals.csv"
        points, said = self.detect(folder, "--data", jumps, *rate, "--intervals", intervals)
        for i, row in enumerate(points):
            self.assertEqual((int(row["row"]), row["timestamp"]), (i, (make_series.BEGIN + i * make_series.STEP).isoformat()))
            self.assertEqual(row["feature_1"], "value")
            self.assertAlmostEqual(float(row["contribution_1"]), float(row["score"]), delta=1e-4 * float(row["score"]))
        inside = [make_series.JUMP[0] <= datetime.datetime.fromisoformat(row["timestamp"]) < make_series.JUMP[1] for row in points]
        hit = sum(row["decision"] == "anomaly" for row, jump in zip(points, inside) if jump) / sum(inside)
        self.assertGreater(hit, 0.8, said)
        with open(intervals) as file:
            ranges = list(csv.DictReader(file))
        strongest = max(ranges, key=lambda row: float(row["peak"]))
        begin, end = (datetime.datetime.fromisoformat(strongest[key]) for key in ("begin", "end"))
        self.assertTrue(begin < make_series.JUMP[1] and end >= make_series.JUMP[0], strongest)
        self.assertEqual(sum(int(row["points"]) for row in ranges), sum(row["decision"] == "anomaly" for row in points))
        self.assertIn(f"intervals: {len(ranges)}", said)
        self.assertIn(f"{strongest['begin']} to {strongest['end']}", said)
        # Intervals are the runs of the table's anomalies.
        runs, before = [], None
        for row in points:
            if row["decision"] == "anomaly":
                runs = runs if before == "anomaly" else [*runs, []]
                runs[-1].append(row)
            before = row["decision"]
        self.assertEqual([(run[0]["timestamp"], run[-1]["timestamp"], len(run)) for run in runs],
                         [(row["begin"], row["end"], int(row["points"])) for row in ranges])
        for run, row in zip(runs, ranges):
            self.assertEqual(max(float(point["score"]) for point in run), float(row["peak"]))

    def test_convolutions_find_the_jump(self):
        self.check_jump(CONVOLUTIONS, epochs=15, length=DAY, stride=2)

    def test_recurrent_layers_find_the_jump(self):
        self.check_jump(RECURRENT, epochs=40, length=36, stride=4)

    def test_windows_are_split_by_time(self):
        path = self.write("hours.csv", self.hourly(1000), "timestamp,warm,load")
        folder = self.trained(path)
        config = program.read_json(folder / "config.json")
        self.assertEqual(config["data"]["by"], "time")
        self.assertEqual(config["data"]["transforms"], [{"kind": "standardize", "over": "channel"}])
        self.assertEqual(config["model"]["expanded"]["likelihood"]["kind"], "mixed")
        log = in_words([(folder / "log.txt").read_text()])
        self.assertIn("windows: 977 windows of 24 points, of 1000 points in 1 series", log)
        # 147 of 977 windows for the test: those that begin behind point 829; 147 before for validation.
        self.assertIn('data.by: "time", by the column "timestamp": 637 rows from 2024-01-01T00:00:00 to 2024-01-28T11:00:00 '
                      "are trained on; 147 rows from 2024-01-28T12:00:00 to", log)
        self.assertIn("46 windows cross a border and are in no split", log)
        rows = {part: {int(row["row"]) for row in self.detect(folder, "--part", part)[0]} for part in ("train", "validation", "test")}
        self.assertEqual(rows["train"], set(range(660)))
        self.assertEqual(rows["validation"], set(range(660, 830)))
        self.assertEqual(rows["test"], set(range(830, 1000)))

    def test_scores_of_points_are_those_that_numpy_makes_of_the_windows(self):
        path = self.write("hours.csv", self.hourly(400), "timestamp,warm,load")
        folder = self.trained(path, stride=3)
        result = program.run("apply", folder, "--data", path, "--write", "reconstruction", "--output", self.folder / "applied")
        self.assertEqual(result.code, 0, result.stderr)
        back = numpy.load(self.folder / "applied/reconstruction.npy").astype(float)  # in the units of the table
        values = numpy.array([[float(cell) for cell in row[1:]] for row in self.hourly(400)])
        starts = numpy.arange(0, 400 - 23, 3)
        windows = numpy.stack([values[start : start + 24].T for start in starts])
        self.assertEqual(back.shape, windows.shape)
        # 126 windows: 19 for the test and 19 for validation, and 8 before each, which cross its border.
        deviation = windows[: 126 - 2 * 19 - 2 * 8].std(axis=(0, 2))
        added = ((windows - back) / deviation[:, None]) ** 2
        sums, counts = numpy.zeros((400, 2)), numpy.zeros((400, 1))
        for start, window in zip(starts, added):
            sums[start : start + 24] += window.T
            counts[start : start + 24] += 1
        found, _ = self.detect(folder, "--data", path)
        rows = [int(row["row"]) for row in found]
        self.assertEqual(rows, list(numpy.flatnonzero(counts)))
        expected = (sums / numpy.maximum(counts, 1))[rows]
        numpy.testing.assert_allclose([float(row["score"]) for row in found], expected.sum(1), rtol=1e-3, atol=1e-4)
        for row, (warm, load) in zip(found, expected):
            self.assertAlmostEqual(float(row["contribution_1"]), max(warm, load), delta=1e-3 * max(warm, load) + 1e-4)

    def test_windows_that_share_points_between_splits_are_told_of(self):
        path = self.write("hourly.csv", self.hourly(300), "timestamp,warm,pressure")
        for stride, said in (1, True), (24, False):
            folder = self.trained(path, epochs=1, stride=stride, changes={"name": f"stride-{stride}"}, by="random")
            self.assertEqual("windows of different splits have points in common" in (folder / "log.txt").read_text(), said)

    def test_tables_with_times_are_split_by_time(self):
        lines = list(self.hourly(100))
        random.Random(1).shuffle(lines)
        path = self.write("shuffled.csv", lines, "timestamp,warm,load")
        table = {"source": "csv", "files": str(path), "time": "timestamp", "validation": 20, "test": 30}
        folder = self.train(small_run(data=table, model={"variant": "pca", "code": 1}, training=None))
        late = sorted(line[0] for line in lines)[-30:]
        found, _ = self.detect(folder)
        self.assertEqual({row["timestamp"] for row in found}, {time.isoformat() for time in late})
        self.assertEqual({lines[int(row["row"])][0] for row in found}, set(late))
        at_random = self.train(small_run(data={**table, "by": "random"}, model={"variant": "pca", "code": 1}, training=None))
        self.assertNotEqual({row["timestamp"] for row in self.detect(at_random)[0]}, {time.isoformat() for time in late})

    def test_groups_and_gaps(self):
        """Machines in one table, shuffled; one lacks a day."""
        lines = [(*row, "a") for row in self.hourly(300)] + [(*row, "b") for i, row in enumerate(self.hourly(300, seed=5)) if not 100 <= i < 124]
        random.Random(2).shuffle(lines)
        header = "timestamp,warm,load,machine"
        folder = self.trained(self.write("machines.csv", lines, header), of={"group": "machine"})
        log = in_words([(folder / "log.txt").read_text()])
        self.assertIn("507 windows of 24 points, of 576 points in 2 series with 1 gap", log)
        new = [list(row) for row in lines]
        strange = [i for i, row in enumerate(new) if row[3] == "b" and datetime.datetime(2024, 1, 8, 3) <= row[0] <= datetime.datetime(2024, 1, 8, 6)]
        self.assertEqual(len(strange), 4)
        for i in strange:
            new[i][1] = 40
        said = program.run("detect", folder, "--data", self.write("new.csv", new, header), "--json", "--false-positive-rate", "0.01")
        self.assertEqual(said.code, 0, said.stderr)
        found = json.loads(said.stdout)
        self.assertEqual(found["points"], 576)
        self.assertEqual([row["row"] for row in found["results"]], list(range(576)))
        strongest = max(found["intervals"], key=lambda interval: interval["peak"])
        self.assertEqual(strongest["group"], "b")
        self.assertLessEqual(strongest["begin"], "2024-01-08T06:00:00")
        self.assertGreaterEqual(strongest["end"], "2024-01-08T03:00:00")
        self.assertEqual(strongest["reasons"][0]["feature"], "warm")
        self.assertEqual([row["group"] for row in found["results"]], [row[3] for row in new])

    def test_files_are_series_unless_they_continue_one_another(self):
        rows = list(self.hourly(400))
        parts = [self.write(f"{i}.csv", part, "timestamp,warm,load") for i, part in enumerate((rows[250:], rows[:250], list(self.hourly(100, "2025-01-01"))))]
        folder = self.trained(parts)
        self.assertIn("454 windows of 24 points, of 500 points in 2 series", in_words([(folder / "log.txt").read_text()]))
        without = self.trained(parts, of={"time": None, "ignore": ["timestamp"]})
        log = in_words([(without / "log.txt").read_text()])
        self.assertIn("431 windows of 24 points, of 500 points in 3 series, in the order of the rows", log)
        self.assertIn("each series by the order of its points", log)
        found, _ = self.detect(without, "--data", parts[0])
        self.assertEqual(len(found), 150)
        self.assertNotIn("timestamp", found[0])

    def test_short_series_are_padded(self):
        """A padded series has the same scores whatever else is in the file."""
        path = self.write("hours.csv", self.hourly(500), "timestamp,warm,load")
        folder = self.trained(path, padding=True, stride=5)
        short = self.write("short.csv", self.hourly(10, seed=7), "timestamp,warm,load")
        alone, said = self.detect(folder, "--data", short)
        self.assertEqual(len(alone), 10, said)
        unpadded = self.trained(path)
        self.assert_refused(program.run("detect", unpadded, "--data", short), 'data.length: is 24, and the longest series without a gap has 10 points')
        both = [*self.hourly(10, seed=7), *self.hourly(333, "2024-03-01", seed=8)]
        together, _ = self.detect(folder, "--data", self.write("both.csv", both, "timestamp,warm,load"))
        self.assertEqual(len(together), 343)
        for row, other in zip(alone, together):
            self.assertEqual(row["timestamp"], other["timestamp"])
            self.assertEqual(row["score"], other["score"])

    def test_missing_cells_have_no_score(self):
        rows = [list(row) for row in self.hourly(500)]
        for i in range(0, 500, 7):
            rows[i][1 + i % 2] = ""
        for row in rows[300:303]:
            row[1] = row[2] = ""
        folder = self.trained(self.write("holes.csv", rows, "timestamp,warm,load"), changes={"evaluation": ["reconstruction"]})
        found, _ = self.detect(folder, "--data", self.folder / "holes.csv")
        self.assertEqual(len(found), 500)
        for row in found[300:303]:
            self.assertEqual(float(row["score"]), 0)
        result = program.run("apply", folder, "--data", self.folder / "holes.csv", "--write", "code,error", "--json")
        self.assertEqual(result.code, 0, result.stderr)

    def test_labels_of_points(self):
        """Windows are normal where all of their points are; the threshold knows which points are not."""
        rows = [[*row, 0] for row in self.hourly(600)]
        for begin in range(60, 600, 90):
            for row in rows[begin : begin + 3]:
                row[1], row[3] = 30, 1
        path = self.write("labeled.csv", rows, "timestamp,warm,load,state")
        folder = self.trained(path, of={"label": "state"}, length=12, epochs=10,
                              changes={"evaluation": [{"kind": "anomaly", "resamples": 20}]}, normal=0)
        self.assertGreater(program.read_json(folder / "evaluation.json")["metrics"]["anomaly/reconstruction/auc"], 0.9)
        found, said = self.detect(folder, "--f1", "--part", "test")
        self.assertRegex(said, r"the largest F1, [.\d]+, of \d+ validation points with \d+ anomalies")
        for row in found:
            self.assertEqual(row["state"], str(rows[int(row["row"])][3]))
        true = sum(row["state"] == "1" and row["decision"] == "anomaly" for row in found)
        wrong = sum((row["state"] == "1") != (row["decision"] == "anomaly") for row in found)
        self.assertGreater(2 * true / (2 * true + wrong), 0.7, said)

    def test_resuming_evaluating_and_models_in_files(self):
        path = self.write("hours.csv", self.hourly(400), "timestamp,warm,load")
        folder = self.trained(path)
        again = program.run("run", folder / "config.json", "--output", self.output)
        self.assertEqual(again.code, 0, again.stderr)
        self.assertEqual(program.run("evaluate", folder, "--data", path).code, 0)
        of_run, _ = self.detect(folder, "--data", path)
        detector, = (folder / "detectors").glob("*.safetensors")
        model = self.folder / "model.safetensors"
        exported = program.run("export", folder, "--format", "model", "--to", model)
        if exported.code != 0:
            exported = program.run("export", folder, "--format", "model", "--output", model)
        self.assertEqual(exported.code, 0, exported.stderr)
        of_file, _ = self.detect(model, "--data", path, "--fitted", detector)
        self.assertEqual(of_run, of_file)
        renamed = self.write("other.csv", [(row[2], row[0], row[1]) for row in self.hourly(400)], "load,timestamp,warm")
        of_other, said = self.detect(folder, "--data", renamed)
        self.assertIn("its columns are in another order", said)
        self.assertEqual([row["score"] for row in of_other], [row["score"] for row in of_run])

    def test_messages(self):
        path = self.write("hours.csv", [(*row, "x" if i % 2 else "y") for i, row in enumerate(self.hourly(100))], "timestamp,warm,load,kind")
        ignored = {"ignore": ["kind"]}
        cases = {
            "short": (self.source(path, length=200, of=ignored), "data.length: is 200, and the longest series without a gap has 100 points"),
            "length": (self.source(path, length=0, of=ignored), "data.length: must be at least 1"),
            "stride": (self.source(path, stride=0, of=ignored), "data.stride: must be at least 1"),
            "group": (self.source(path, of={"group": "kin", **ignored}), 'has no column "kin". Did you mean "kind"?'),
            "time": (self.source(path, of={"time": "when", **ignored}), 'has no column "when"'),
            "two uses": (self.source(path, of={"label": "timestamp", **ignored}), 'column "timestamp" cannot be the time column as well'),
            "categories": (self.source(path), 'data.of: has texts, which are no channels of windows, in "kind": name the column that tells series apart as "group"'),
            "dates": (self.source(path, of={"time": None, **ignored}), 'data.of: has dates, which are no channels of windows, in "timestamp"'),
            "gap": (self.source(path, gap=60, of={"time": None, "ignore": ["kind", "timestamp"]}), "data.gap: needs times"),
            "pictures": ({"source": "windows", "of": "digits"}, "data.of: has rows of shape"),
            "of": ({"source": "windows"}, "data.of: is missing"),
            "stratified": ({"source": "csv", "files": str(path), "time": "timestamp", "label": "kind", "stratified": True, "by": "time"},
                           "data.stratified: conflicts with a split by time"),
            "no times": ({"source": "digits", "by": "time"}, 'data.by: is "time", and the rows of the source "digits" have no times'),
            "too few": ({**self.source(path, of=ignored), "validation": 0.001, "test": 0.2}, None),
            "scale": ({**self.source(path, padding=True, stride=5, of=ignored), "transforms": ["scale"]}, 'data.transforms[0]: "scale" compares all values'),
            "likelihood": (self.source(path, padding=True, stride=5, of=ignored), "cannot take missing cells", {"variant": "dense", "code": 2, "likelihood": "gaussian"}),
        }
        for name, (data, says, *model) in cases.items():
            with self.subTest(name):
                file = program.write_json(self.folder / "run.json", small_run(data=data, model=model[0] if model else {"variant": "dense", "code": 2}))
                result = program.run("run", file, "--output", self.folder / "none")
                if says:
                    self.assert_refused(result, says)
                    self.assertFalse((self.folder / "none").exists())
        broken = {"2024-01-02 25:00": '"2024-01-02 25:00" is not a date', "": "the time is missing", "NA": '"NA" is not a date'}
        for text, says in broken.items():
            with self.subTest(text):
                rows = [list(row) for row in self.hourly(50)]
                rows[9][0] = text
                bad = self.write("bad.csv", rows, "timestamp,warm,load")
                self.assert_refused(program.run("data", json.dumps(self.source(bad))), f'bad.csv:11: column 0 ("timestamp"): {says}')

    def test_stride_beyond_length_is_said(self):
        path = self.write("hours.csv", self.hourly(200), "timestamp,warm,load")
        result = program.run("data", json.dumps(self.source(path, length=5, stride=8)))
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn('"stride" is larger than "length": 3 points between two windows are in none', in_words([result.stdout]))
        self.assertIn("75 points are in no window", in_words([result.stdout]))


if __name__ == "__main__":
    program.main()
