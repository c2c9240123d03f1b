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

    def test_significant_digits_and_groups_of_three(self):
        self.printed("shown", [
            ([0.00123456], "0.001235"), ([0.5], "0.5000"), ([12.3456], "12.35"), ([1234.56], "1,235"),
            ([22705.4], "22,705"), ([233497], "233,497"), ([0.000123456], "1.235e-4"), ([1234567.5], "1.235e6"),
            ([-22705.4], "-22,705"), ([0], "0"), ([None], "\u2013"), ([0.98765, 3], "0.988"),
        ])

    def test_means_have_the_places_of_two_digits_of_their_half_width(self):
        self.printed("withHalf", [
            ([0.012345, [0.011945, 0.012745]], "0.01235 \u00b1 0.00040"),
            ([361.5, [111.5, 611.5]], "360 \u00b1 250"),
            ([128101, [22705, 233497]], "130,000 \u00b1 110,000"),
            ([12.34, [-13.66, 38.34]], "12 \u00b1 26"),
            ([1139000, [839000, 1439000]], "1.139e6 \u00b1 3.0e5"),
            ([3, [3, 3]], "3 \u00b1 0"), ([3.25, None], "3.250"), ([None, None], "\u2013"),
        ])

    def test_probabilities(self):
        self.printed("probability", [([0.0351], ".035"), ([0.00005], "< .0001"), ([1], "1.0"), ([None], "\u2013")])


if __name__ == "__main__":
    report.main()
