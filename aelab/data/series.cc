#include "aelab/data/series.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/changed_rows.h"

namespace aelab {

namespace {

class WithSeries : public ChangedRows {
 public:
  WithSeries(Dataset set, std::shared_ptr<const Series> series)
      : ChangedRows(std::move(set)), series_(std::move(series)) {}
  std::shared_ptr<const Series> series() const override { return series_; }
  Tensor spans(const Tensor& rows) const override { return at::stack({rows, at::ones_like(rows)}, 1); }

 private:
  std::shared_ptr<const Series> series_;
};

}  // namespace

Tensor Dataset::spans() const {
  if (!series()) return {};
  return storage_->spans(rows_.defined() ? rows_ : at::arange(size(), at::kLong));
}

Dataset Dataset::with_series(std::shared_ptr<const Series> series) const {
  if (series->rows.size(0) != size())
    throw Error("with_series: there are " + std::to_string(series->rows.size(0)) + " points and " +
                std::to_string(size()) + " rows");
  return Dataset(std::make_shared<WithSeries>(*this, std::move(series)));
}

std::string time_text(double time, bool is_date) {
  using namespace std::chrono;
  constexpr std::int64_t kDay = 86'400;
  constexpr double kTick = 1e-6;  // of a second: what a double of today's seconds resolves
  if (!is_date) return fmt::format("{}", time);
  const double ticks = std::round((time - std::floor(time)) / kTick);
  const auto whole = static_cast<std::int64_t>(std::floor(time)) + (ticks * kTick >= 1 ? 1 : 0);
  const auto days = whole >= 0 ? whole / kDay : -((kDay - 1 - whole) / kDay);
  const auto seconds = whole - days * kDay;
  const year_month_day date{sys_days(std::chrono::days(days))};
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          seconds / 3600, seconds / 60 % 60, seconds % 60);
  const auto fraction = static_cast<std::int64_t>(ticks) % 1'000'000;
  if (fraction > 0) {
    text += fmt::format(".{:06}", fraction);
    while (text.ends_with('0')) text.pop_back();
  }
  return text;
}

}  // namespace aelab
