"""Numbers as pages print them: the functions of dom.js, by examples."""

import json

import report
from records import put_run
from report import Report


class Numbers(Report):
    def printed(self, function, cases):
        put_run(self.folder / "runs/small/1")
        self.open(self.report(self.folder / "runs/small/1"))
        for arguments, expected in cases:
            call = f"{function}({', '.join(map(json.dumps, arguments))})"
            self.assertEqual(self.browser.run(call), expected, call)

    def test_measured_numbers_have_four_significant_digits(self):
        self.printed("shown", [
            ([0.00123456], "0.001235"), ([0.5], "0.5000"), ([12.3456], "12.35"), ([1234.56], "1,235"),
            ([22705.4], "22,710"), ([233497], "233,500"), ([0.000123456], "0.0001235"), ([0.0000123456], "1.235e\u22125"),
            ([1234567.5], "1.235e6"), ([999999], "1.000e6"), ([9999.7], "10,000"), ([0.99996], "1.000"),
            ([-22705.4], "\u221222,710"), ([-0.03], "\u22120.03000"), ([16], "16"), ([0], "0"), ([None], "\u2013"),
        ])

    def test_counts_are_whole(self):
        self.printed("counted", [([128101], "128,101"), ([7], "7"), ([0.25], "0.2500"), ([None], "\u2013")])
        self.printed("plural", [([1, "run"], "1 run"), ([0, "run"], "0 runs"), ([1200, "sample"], "1,200 samples")])

    def test_half_widths_have_two_digits_and_means_those_of_all_numbers(self):
        self.printed("withHalf", [
            ([0.012345, [0.011945, 0.012745]], "0.01235 \u00b1 0.00040"),
            ([361.5, [111.5, 611.5]], "361.5 \u00b1 250"),
            ([26528, [-87340, 140400]], "26,530 \u00b1 110,000"),
            ([-12.34, [-38.34, 13.66]], "\u221212.34 \u00b1 26"),
            ([1139000, [839000, 1439000]], "1.139e6 \u00b1 300,000"),
            ([3, [3, 3]], "3 \u00b1 0"), ([3.25, None], "3.250"), ([None, None], "\u2013"),
        ])

    def test_sentences_have_the_numbers_of_the_tables(self):
        self.printed("sentence", [
            (["denoising is higher by 2.059e+05 [2.052e+05, 2.067e+05], p < .0001."], "denoising is higher by 205,900 [205,200, 206,700], p < .0001."),
            (["lower by 0.3334 [-8.734e+04, 0.5158], p = .027."], "lower by 0.3334 [\u221287,340, 0.5158], p = .027."),
            (["the lowest x (2.653e+04 \u00b1 1.1e+05, 3 seeds)."], "the lowest x (26,530 \u00b1 110,000, 3 seeds)."),
            (["by 1.5e-05 [-0.03, -0.01]"], "by 1.500e\u22125 [\u22120.03, \u22120.01]"),
            (["128101 (dense), 78 (pca)"], "128,101 (dense), 78 (pca)"),
            (["sgd-1e-05, lr=1e-05, v1.5e-05 and seed-12345 (Nadeau & Bengio 2003)"], "sgd-1e-05, lr=1e-05, v1.5e-05 and seed-12345 (Nadeau & Bengio 2003)"),
            (["1e-05 is lower by 1e-04", ["1e-05"]], "1e-05 is lower by 0.0001000"),
        ])

    def test_probabilities(self):
        self.printed("probability", [([0.0351], ".035"), ([0.00005], "< .0001"), ([1], "1.0"), ([None], "\u2013")])


if __name__ == "__main__":
    report.main()
