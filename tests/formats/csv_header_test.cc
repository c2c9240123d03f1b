#include "aelab/data/formats/csv_header.h"

#include <gtest/gtest.h>

namespace aelab {
namespace {

FirstRow judged(const std::string& text) {
  const std::string file;
  CsvRows rows(text, {}, file);
  std::vector<CsvField> first, second;
  EXPECT_TRUE(rows.next(first));
  CsvRows again(text, {}, file);
  again.next(second);
  if (!again.next(second)) second.clear();
  return judge_first_row(first, second, [](const auto& field) { return number_in(field.text).has_value(); });
}

TEST(CsvHeader, NamesAndValues) {
  for (const auto* text : {"a,b\n1,2\n", "\"\",x\n0,1\n", "a\n1\n"})
    EXPECT_EQ(judged(text), FirstRow::names) << text;
  for (const auto* text :
       {"5.1,3.5\n4.9,3.0\n", "1,2,3\n4,5,6\n", "0.5\n0.7\n", "3,1,2\n1,3,2\n", "1990\n1991\n",
        "1999,2000\n2001,2004\n", "7,7,7\n1,5,2\n", "1,2,3\n", "5.1,3.5,setosa\n4.9,3.0,setosa\n"})
    EXPECT_EQ(judged(text), FirstRow::values) << text;
}

TEST(CsvHeader, WhatMayBeNamesMustBeSaid) {
  for (const auto* text :
       {"2019,2020,2021,2022\n5.5,1.2,9.1,4.4\n", "2019,2020\n5.5,7\n", "2022,2021,2020\n1,5,2\n",
        "1990,2000,2005\n1,5,2\n", "2020\n17.5\n", "400,402,404,406\n0.1,0.3,0.2,0.4\n", "0.5,1,1.5\n3,9,1\n",
        "1,2,3\n9,4,7\n", "0,1,2\n3,4,5\n", "0,1\n5,3\n", "id,2019,2020\n1,5.5,7\n", ",1,2\n0,3,9\n",
        "5.1,3.5,setosa\n4.9,3.0,virginica\n"})
    EXPECT_EQ(judged(text), FirstRow::unclear) << text;
}

}  // namespace
}  // namespace aelab
