"""Writes two daily series in the form of the Numenta Anomaly Benchmark's art_daily_small_noise.csv and
art_daily_jumpsup.csv: columns timestamp and value, a value every 5 minutes for 14 days.

    python3 make_series.py FOLDER [SEED]

Nights lie near 20 and days near 80, with Gaussian noise of deviation 1 throughout. In the second file the values from
9:00 to 17:55 of 2014-04-11 lie 80 higher."""

import datetime
import math
import pathlib
import random
import sys

POINTS, STEP, BEGIN = 14 * 24 * 12, datetime.timedelta(minutes=5), datetime.datetime(2014, 4, 1)
JUMP = datetime.datetime(2014, 4, 11, 9), datetime.datetime(2014, 4, 11, 18)


def value(time, noise):
    hour = time.hour + time.minute / 60
    day = 1 / (1 + math.exp(-4 * (hour - 9))) - 1 / (1 + math.exp(-4 * (hour - 18)))
    return 20 + 60 * day + noise.gauss(0, 1)


def series(seed, jumps=False):
    """Rows (time, value)."""
    noise = random.Random(seed)
    for i in range(POINTS):
        time = BEGIN + i * STEP
        yield time, value(time, noise) + (80 if jumps and JUMP[0] <= time < JUMP[1] else 0)


def write(path, rows):
    with open(path, "w") as file:
        file.write("timestamp,value\n")
        for time, number in rows:
            file.write(f"{time},{number:.6f}\n")
    return path


if __name__ == "__main__":
    folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "art_daily_small_noise.csv", series(seed))
    write(folder / "art_daily_jumpsup.csv", series(seed + 1, jumps=True))
