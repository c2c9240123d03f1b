"""Series are told apart by color-blind readers, too: color differences (CIEDE2000) under simulated color blindness.

Simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color
Vision Deficiency", IEEE TVCG 15 (6), 2009, its matrices for severity 1, on linear RGB. Difference: G. Sharma, W. Wu,
E. N. Dalal, "The CIEDE2000 Color-Difference Formula", Color Research & Application 30 (1), 2005, with its test data.
"""

import itertools
import math
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PAGE = SOURCE / "aelab/reports/page"
LEAST_DIFFERENCE = 12
LEAST_CONTRAST = 3  # WCAG 2.1, 1.4.11, of graphics

SIMULATIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


def product(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def linear(color):
    """Linear RGB of "#rrggbb"."""
    values = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return [v / 12.92 if v <= .04045 else ((v + .055) / 1.055) ** 2.4 for v in values]


def lab(rgb):
    """CIELAB of linear RGB, for the white of sRGB."""
    def f(value):
        return value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116

    x, y, z = (f(value / white) for value, white in zip(product(TO_XYZ, rgb), product(TO_XYZ, (1, 1, 1))))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(color, simulation):
    return lab([min(1, max(0, value)) for value in product(SIMULATIONS[simulation], linear(color))])


def contrast(a, b):
    low, high = sorted(product(TO_XYZ, linear(color))[1] for color in (a, b))
    return (high + .05) / (low + .05)


def ciede2000(first, second):
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = .5 * (1 - math.sqrt(mean7 / (mean7 + 25 ** 7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue_difference = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2) / 2 + 180) % 360
    t = (1 - .17 * math.cos(math.radians(hue - 30)) + .24 * math.cos(math.radians(2 * hue))
         + .32 * math.cos(math.radians(3 * hue + 6)) - .2 * math.cos(math.radians(4 * hue - 63)))
    sl = 1 + .015 * (lightness - 50) ** 2 / math.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + .045 * chroma, 1 + .015 * chroma * t
    rotation = (-2 * math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7))
                * math.sin(math.radians(60 * math.exp(-((hue - 275) / 25) ** 2))))
    dl, dc, dhue = (l2 - l1) / sl, (c2 - c1) / sc, hue_difference / sh
    return math.sqrt(dl ** 2 + dc ** 2 + dhue ** 2 + rotation * dc * dhue)


def themes():
    """{"light" or "dark": {"paper" or "c0" ...: "#rrggbb"}}, as page.css declares them."""
    light, _, dark = (PAGE / "page.css").read_text().partition("prefers-color-scheme: dark")
    return {name: dict(re.findall(r"--(paper|c\d+): (#[0-9a-f]{6})", text)) for name, text in (("light", light), ("dark", dark))}


def least_difference(colors, simulation):
    return min((ciede2000(seen(a, simulation), seen(b, simulation)), a, b) for a, b in itertools.combinations(colors, 2))


class Formula(unittest.TestCase):
    def test_published_values(self):
        # Sharma et al., Table 1: pairs 1, 4, 7, 9, 13, 16, 17, 20, 25 and 34.
        for first, second, expected in (
                ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
                ((50, 0, 0), (50, -1, 2), 2.3669), ((50, 2.49, -.001), (50, -2.49, .0009), 7.1792),
                ((50, -.001, 2.49), (50, .0009, -2.49), 4.8045), ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
                ((50, 2.5, 0), (73, 25, -18), 27.1492), ((50, 2.5, 0), (58, 24, 15), 19.4535),
                ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
                ((2.0776, .0795, -1.1350), (.9033, -.0636, -.5514), .9082)):
            self.assertAlmostEqual(ciede2000(first, second), expected, places=4)
            self.assertAlmostEqual(ciede2000(second, first), expected, places=4)

    def test_known_colors(self):
        for color, expected in (("#ffffff", (100, 0, 0)), ("#000000", (0, 0, 0)), ("#ff0000", (53.2408, 80.0925, 67.2032))):
            for value, wanted in zip(lab(linear(color)), expected):
                self.assertAlmostEqual(value, wanted, places=2)

    def test_what_color_blind_readers_confuse(self):
        self.assertGreater(ciede2000(seen("#c8510a", "normal"), seen("#7d6110", "normal")), 20)
        self.assertLess(ciede2000(seen("#c8510a", "protanopia"), seen("#7d6110", "protanopia")), 3)
        self.assertAlmostEqual(contrast("#777777", "#ffffff"), 4.48, places=2)


class Palette(unittest.TestCase):
    def test_every_pair_differs_for_every_reader(self):
        for theme, colors in themes().items():
            series = [color for name, color in colors.items() if name != "paper"]
            self.assertEqual(len(series), 10)
            for simulation in SIMULATIONS:
                difference, a, b = least_difference(series, simulation)
                self.assertGreaterEqual(difference, LEAST_DIFFERENCE, f"{theme}, {simulation}: {a} and {b}")

    def test_every_color_stands_out_from_the_paper(self):
        for theme, colors in themes().items():
            for name, color in colors.items():
                if name != "paper":
                    self.assertGreaterEqual(contrast(color, colors["paper"]), LEAST_CONTRAST, f"{theme}: {name}")

    def test_no_other_file_has_colors(self):
        for script in PAGE.glob("*.js"):
            self.assertEqual(re.findall(r"#[0-9a-fA-F]{3,8}\b", script.read_text()), [], script.name)


if __name__ == "__main__":
    unittest.main()
