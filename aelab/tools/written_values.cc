#include "aelab/tools/written_values.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/data/formats/npy.h"

namespace aelab {

double shortened(float value) {
  const auto text = fmt::format("{}", value);
  double number = value;
  if (std::isfinite(value)) std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

nlohmann::json numbers_of(const at::Tensor& values) {
  const auto flat = values.to(at::kCPU).to(at::kFloat).flatten().contiguous();
  auto list = nlohmann::json::array();
  for (std::int64_t i = 0; i < flat.numel(); ++i) list.push_back(shortened(flat.const_data_ptr<float>()[i]));
  return list;
}

std::string npy_of(const at::Tensor& values) {
  const bool has_whole_numbers = values.scalar_type() == at::kLong;
  const auto whole = values.to(at::kCPU).to(has_whole_numbers ? at::kLong : at::kFloat).contiguous();
  return npy_header(has_whole_numbers ? "I64" : "F32", whole.sizes().vec()) +
         std::string(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
}

}  // namespace aelab
