#include "aelab/training/event_file.h"

#include <ATen/ATen.h>

#include <boost/crc.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <protozero/pbf_builder.hpp>

namespace aelab {
namespace {

using protozero::pbf_builder;
using protozero::pbf_tag_type;

// Field numbers of TensorFlow's core/util/event.proto and core/framework/{summary,histogram,tensor,
// tensor_shape}.proto, of TensorBoard's plugins/hparams/plugin_data.proto, and of protobuf's struct.proto.
enum class EventField : pbf_tag_type { wall_time = 1, step = 2, file_version = 3, summary = 5 };
enum class SummaryField : pbf_tag_type { value = 1 };
enum class ValueField : pbf_tag_type {
  tag = 1,
  simple_value = 2,
  image = 4,
  histogram = 5,
  tensor = 8,
  metadata = 9
};
enum class ImageField : pbf_tag_type { height = 1, width = 2, colorspace = 3, encoded = 4 };
enum class HistogramField : pbf_tag_type {
  min = 1,
  max = 2,
  num = 3,
  sum = 4,
  sum_squares = 5,
  bucket_limit = 6,
  bucket = 7
};
enum class TensorField : pbf_tag_type { dtype = 1, shape = 2 };
enum class TensorShapeField : pbf_tag_type { dimension = 2 };
enum class DimensionField : pbf_tag_type { size = 1 };
enum class MetadataField : pbf_tag_type { plugin_data = 1 };
enum class PluginDataField : pbf_tag_type { plugin_name = 1, content = 2 };
enum class HparamsField : pbf_tag_type { version = 1, session_start_info = 3 };
enum class SessionStartField : pbf_tag_type { hparams = 1, start_time_secs = 5 };
enum class MapField : pbf_tag_type { key = 1, value = 2 };
enum class AnyValueField : pbf_tag_type { number = 2, text = 3, boolean = 4 };

constexpr std::int64_t kHistogramBuckets = 30;  // as TensorBoard's own histograms have

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <class Unsigned>
std::string little_endian(Unsigned number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(number); ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

/// CRC-32C, turned and shifted, so that checksums of data that hold checksums stay good ones.
std::uint32_t masked_checksum(const std::string& bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8U;
}

/// A TFRecord: length, its checksum, the bytes, their checksum.
std::string framed(const std::string& bytes) {
  const auto length = little_endian<std::uint64_t>(bytes.size());
  return length + little_endian(masked_checksum(length)) + bytes + little_endian(masked_checksum(bytes));
}

std::string file_version_event() {
  std::string bytes;
  pbf_builder<EventField> event(bytes);
  event.add_double(EventField::wall_time, seconds_since_1970());
  event.add_string(EventField::file_version, "brain.Event:2");
  return bytes;
}

/// An event whose values `fill` adds to its summary.
template <class Fill>
std::string summary_event(std::int64_t step, const Fill& fill) {
  std::string bytes;
  pbf_builder<EventField> event(bytes);
  event.add_double(EventField::wall_time, seconds_since_1970());
  event.add_int64(EventField::step, step);
  pbf_builder<SummaryField> summary(event, EventField::summary);
  fill(summary);
  return bytes;
}

void add_any_value(pbf_builder<AnyValueField>& any, const nlohmann::json& value) {
  if (value.is_boolean())
    any.add_bool(AnyValueField::boolean, value.get<bool>());
  else if (value.is_number())
    any.add_double(AnyValueField::number, value.get<double>());
  else
    any.add_string(AnyValueField::text, value.get<std::string>());
}

/// An HParamsPluginData message that starts a session.
std::string session_start(const nlohmann::json& values) {
  std::string bytes;
  pbf_builder<HparamsField> data(bytes);
  data.add_int32(HparamsField::version, 0);
  pbf_builder<SessionStartField> session(data, HparamsField::session_start_info);
  for (const auto& [name, value] : values.items()) {
    pbf_builder<MapField> entry(session, SessionStartField::hparams);
    entry.add_string(MapField::key, name);
    pbf_builder<AnyValueField> any(entry, MapField::value);
    add_any_value(any, value);
  }
  session.add_double(SessionStartField::start_time_secs, seconds_since_1970());
  return bytes;
}

/// A float tensor without elements: what a value holds that is all metadata.
void add_empty_tensor(pbf_builder<ValueField>& value) {
  constexpr std::int32_t kFloatType = 1;
  pbf_builder<TensorField> tensor(value, ValueField::tensor);
  tensor.add_enum(TensorField::dtype, kFloatType);
  pbf_builder<TensorShapeField> shape(tensor, TensorField::shape);
  pbf_builder<DimensionField> dimension(shape, TensorShapeField::dimension);
  dimension.add_int64(DimensionField::size, 0);
}

/// `values` [n] in float64, on the CPU, at least one, all finite.
void add_distribution(pbf_builder<HistogramField>& histogram, const at::Tensor& values) {
  const double min = values.min().item<double>(), max = values.max().item<double>();
  const auto buckets = min < max ? kHistogramBuckets : 1;
  const auto counts =
      min < max ? at::histc(values, buckets, min, max) : at::full({1}, values.numel(), at::kDouble);
  const auto limits = at::linspace(min, max, buckets + 1, at::kDouble).slice(0, 1).contiguous();
  histogram.add_double(HistogramField::min, min);
  histogram.add_double(HistogramField::max, max);
  histogram.add_double(HistogramField::num, static_cast<double>(values.numel()));
  histogram.add_double(HistogramField::sum, values.sum().item<double>());
  histogram.add_double(HistogramField::sum_squares, values.square().sum().item<double>());
  const auto add = [&](HistogramField field, const at::Tensor& numbers) {
    const auto* first = numbers.const_data_ptr<double>();
    histogram.add_packed_double(field, first, first + numbers.numel());
  };
  add(HistogramField::bucket_limit, limits);
  add(HistogramField::bucket, counts);
}

}  // namespace

EventFile::EventFile(GrowingFile file) : file_(std::move(file)) {
  if (file_.length() == 0) append(file_version_event());
}

void EventFile::append(const std::string& event) { file_.append(framed(event)); }

void EventFile::add_scalars(std::int64_t step, const NamedValues& scalars) {
  append(summary_event(step, [&](pbf_builder<SummaryField>& summary) {
    for (const auto& [name, number] : scalars) {
      pbf_builder<ValueField> value(summary, SummaryField::value);
      value.add_string(ValueField::tag, name);
      value.add_float(ValueField::simple_value, static_cast<float>(number));
    }
  }));
}

void EventFile::add_image(std::int64_t step, const std::string& tag, const Image& image) {
  append(summary_event(step, [&](pbf_builder<SummaryField>& summary) {
    pbf_builder<ValueField> value(summary, SummaryField::value);
    value.add_string(ValueField::tag, tag);
    pbf_builder<ImageField> message(value, ValueField::image);
    message.add_int32(ImageField::height, static_cast<std::int32_t>(image.height));
    message.add_int32(ImageField::width, static_cast<std::int32_t>(image.width));
    message.add_int32(ImageField::colorspace, static_cast<std::int32_t>(image.channels));
    message.add_bytes(ImageField::encoded, encode_png(image));
  }));
}

void EventFile::add_histogram(std::int64_t step, const std::string& tag, const at::Tensor& values) {
  const auto wide = values.detach().cpu().to(at::kDouble).flatten();
  const auto finite = wide.masked_select(wide.isfinite());
  if (finite.numel() == 0) return;
  append(summary_event(step, [&](pbf_builder<SummaryField>& summary) {
    pbf_builder<ValueField> value(summary, SummaryField::value);
    value.add_string(ValueField::tag, tag);
    pbf_builder<HistogramField> histogram(value, ValueField::histogram);
    add_distribution(histogram, finite);
  }));
}

void EventFile::add_hyper_parameters(const nlohmann::json& values) {
  append(summary_event(0, [&](pbf_builder<SummaryField>& summary) {
    pbf_builder<ValueField> value(summary, SummaryField::value);
    value.add_string(ValueField::tag, "_hparams_/session_start_info");
    {
      pbf_builder<MetadataField> metadata(value, ValueField::metadata);
      pbf_builder<PluginDataField> plugin(metadata, MetadataField::plugin_data);
      plugin.add_string(PluginDataField::plugin_name, "hparams");
      plugin.add_bytes(PluginDataField::content, session_start(values));
    }
    add_empty_tensor(value);
  }));
}

}  // namespace aelab
