#include "aelab/training/event_file.h"

#include <ATen/ATen.h>

#include <cmath>
#include <protozero/pbf_reader.hpp>

#include "aelab/core/files.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// A HistogramProto.
struct Histogram {
  double min = 0, max = 0, num = 0, sum = 0, sum_squares = 0;
  std::vector<double> limits, counts;
};

Histogram read_histogram(protozero::pbf_reader message) {
  Histogram read;
  const auto numbers = [&] {
    const auto range = message.get_packed_double();
    return std::vector<double>(range.begin(), range.end());
  };
  double* const kNumbers[] = {nullptr, &read.min, &read.max, &read.num, &read.sum, &read.sum_squares};
  while (message.next()) {
    if (message.tag() <= 5)
      *kNumbers[message.tag()] = message.get_double();
    else
      (message.tag() == 6 ? read.limits : read.counts) = numbers();
  }
  return read;
}

/// The messages of a file's records, without their frames.
std::vector<std::string> records(const std::string& bytes) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at < bytes.size(); at += 16 + records.back().size()) {
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
      length = length << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
    records.push_back(bytes.substr(at + 12, length));
  }
  return records;
}

/// The histograms that are written for these values.
std::vector<Histogram> histograms_of(const Tensor& values) {
  const TemporaryFolder folder;
  EventFile file(folder / "events");
  file.add_histogram(1, "values", values);
  std::vector<Histogram> found;
  for (const auto& record : records(read_file(folder / "events"))) {
    protozero::pbf_reader event(record);
    if (!event.next(5)) continue;
    auto summary = event.get_message();
    while (summary.next(1)) {
      auto value = summary.get_message();
      while (value.next(5)) found.push_back(read_histogram(value.get_message()));
    }
  }
  return found;
}

TEST(EventFile, HistogramsHaveThirtyIntervals) {
  // 0, 1, ..., 60 in intervals of width 2: two in each, and the last also holds its right end.
  const auto histogram = histograms_of(at::arange(61, at::kFloat)).at(0);
  EXPECT_EQ((std::vector{histogram.min, histogram.max, histogram.num}), (std::vector{0., 60., 61.}));
  EXPECT_EQ(histogram.sum, 60 * 61 / 2.);
  EXPECT_EQ(histogram.sum_squares, 60 * 61 * 121 / 6.);
  ASSERT_EQ(histogram.limits.size(), 30U);
  for (std::size_t i = 0; i < 30; ++i)
    EXPECT_NEAR(histogram.limits[i], 2. * static_cast<double>(i + 1), 1e-12);
  auto expected = std::vector<double>(30, 2);
  expected.back() = 3;
  EXPECT_EQ(histogram.counts, expected);
}

TEST(EventFile, HistogramsOfOneValueHaveOneInterval) {
  const auto histogram = histograms_of(at::full({2, 3}, 0.25)).at(0);
  EXPECT_EQ(histogram.limits, std::vector{0.25});
  EXPECT_EQ(histogram.counts, std::vector{6.});
}

TEST(EventFile, HistogramsLeaveOutWhatIsNotFinite) {
  const auto histogram = histograms_of(at::tensor({1.F, NAN, 2.F, INFINITY, -INFINITY})).at(0);
  EXPECT_EQ((std::vector{histogram.min, histogram.max, histogram.num}), (std::vector{1., 2., 2.}));
  EXPECT_TRUE(histograms_of(at::full({3}, NAN)).empty());
  EXPECT_TRUE(histograms_of(at::empty({0})).empty());
}

TEST(EventFile, FramesHaveMaskedChecksums) {
  // The first record has 24 bytes. CRC-32C of that length's eight bytes is 0x4a65bfe4; turned right by 15
  // bits and 0xa282ead8 added (TFRecord's mask) it is 0x224b7fa3. TensorBoard's masked_crc32c says the same.
  const TemporaryFolder folder;
  const EventFile file(folder / "events");
  const auto bytes = read_file(folder / "events");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x18\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(8, 4), "\xa3\x7f\x4b\x22");
}

TEST(EventFile, GoesOnAfterWhatIsKept) {
  const TemporaryFolder folder;
  GrowingFile::Mark mark;
  {
    EventFile file(folder / "events");
    file.add_scalars(1, {{"a", 1}});
    mark = file.mark();
    file.add_scalars(2, {{"a", 2}});
  }
  const auto kept = read_file(folder / "events").substr(0, mark.length);
  EventFile file(folder / "events", mark);
  EXPECT_EQ(read_file(folder / "events"), kept);
  file.add_scalars(2, {{"a", 3}});
  EXPECT_EQ(records(read_file(folder / "events")).size(), 3U);
}

}  // namespace
}  // namespace aelab
