#include "aelab/nn/largest.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

#include "aelab/nn/instruction_sets.h"
#include "aelab/nn/sparse_kernels.h"

namespace aelab {

const sparse::Functions& sparse::chosen() { return *fastest<&plain, &avx2, &avx512>(); }

namespace {

/// An element of a list and its key (nn/sparse_kernels.h).
struct Candidate {
  std::int32_t key;
  std::int64_t place;
};

bool is_preferred(const Candidate& a, const Candidate& b) {
  return a.key != b.key ? a.key > b.key : a.place < b.place;
}

/// Finds the k largest of a list, 0 < k <= its length. Every list is divided into groups: the k-th largest of
/// the groups' largest keys is a lower bound of the k-th largest element, and little more than k elements
/// reach it. Each element is read once, and those of some k groups twice.
class LargestOfList {
 public:
  LargestOfList(const float* x, std::int64_t count, std::int64_t k, bool absolute)
      : x_(x), count_(count), k_(k), absolute_(absolute) {
    height_ = std::max<std::int64_t>(1, count / std::max<std::int64_t>(kLanes, kGroups * k));
    blocks_ = count / (kLanes * height_);
  }

  std::int64_t blocks() const { return blocks_; }
  void find_keys(std::int64_t begin, std::int64_t end) {
    sparse::chosen().largest_keys(keys_.data() + begin * kLanes, x_ + begin * kLanes * height_, end - begin,
                                  height_, absolute_);
  }
  void make_room() {
    rest_ = blocks_ * kLanes * height_;
    keys_.resize(static_cast<std::size_t>(blocks_ * kLanes + count_ - rest_));
  }
  /// After find_keys() of all blocks.
  void find_bound() {
    for (auto i = rest_; i < count_; ++i)
      keys_[static_cast<std::size_t>(blocks_ * kLanes + i - rest_)] = sparse::key(x_[i], absolute_);
    auto sorted = keys_;
    const auto kth = sorted.begin() + k_ - 1;
    std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
    bound_ = *kth;
  }
  /// Adds the elements of some blocks that reach the bound.
  void add_candidates(std::int64_t begin, std::int64_t end, std::vector<Candidate>& candidates) const {
    for (auto b = begin; b < end; ++b)
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        if (keys_[static_cast<std::size_t>(b * kLanes + lane)] < bound_) continue;
        for (std::int64_t h = 0; h < height_; ++h) add((b * height_ + h) * kLanes + lane, candidates);
      }
    if (end == blocks_)
      for (auto i = rest_; i < count_; ++i) add(i, candidates);
  }
  /// Writes the places of the k preferred candidates in ascending order.
  void choose(std::vector<Candidate>& candidates, std::int64_t* places) const {
    if (static_cast<std::int64_t>(candidates.size()) > k_)
      std::nth_element(candidates.begin(), candidates.begin() + k_ - 1, candidates.end(), is_preferred);
    for (std::int64_t i = 0; i < k_; ++i) places[i] = candidates[static_cast<std::size_t>(i)].place;
    std::sort(places, places + k_);
  }

 private:
  static constexpr std::int64_t kLanes = 16, kGroups = 8;  // at least so many groups for each of the k

  const float* x_;
  std::int64_t count_, k_;
  bool absolute_;
  std::int64_t height_ = 1, blocks_ = 0;  // groups are every 16th element of height_ x 16 consecutive ones
  std::int64_t rest_ = 0;                 // where the elements begin that are groups alone
  std::int32_t bound_ = 0;
  std::vector<std::int32_t> keys_;  // of the groups

  void add(std::int64_t place, std::vector<Candidate>& candidates) const {
    const auto key = sparse::key(x_[place], absolute_);
    if (key >= bound_) candidates.push_back({key, place});
  }
};

void largest_of_list(const float* x, std::int64_t count, std::int64_t k, bool absolute,
                     std::int64_t* places) {
  if (k == count) return std::iota(places, places + k, 0);
  if (k == 0) return;
  thread_local std::vector<Candidate> candidates;
  candidates.clear();
  LargestOfList list(x, count, k, absolute);
  list.make_room();
  list.find_keys(0, list.blocks());
  list.find_bound();
  list.add_candidates(0, list.blocks(), candidates);
  list.choose(candidates, places);
}

/// The same of a long list, by all threads.
void largest_of_long_list(const float* x, std::int64_t count, std::int64_t k, std::int64_t* places) {
  constexpr std::int64_t kParts = 64;  // a fixed number, so that threads do not matter
  if (k == count) return std::iota(places, places + k, 0);
  if (k == 0) return;
  LargestOfList list(x, count, k, /*absolute=*/false);
  list.make_room();
  const auto in_parts = [&](const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& work) {
    at::parallel_for(0, kParts, 1, [&](auto begin, auto end) {
      for (auto part = begin; part < end; ++part)
        work(part, part * list.blocks() / kParts, (part + 1) * list.blocks() / kParts);
    });
  };
  in_parts([&](auto, auto begin, auto end) { list.find_keys(begin, end); });
  list.find_bound();
  std::vector<std::vector<Candidate>> found(kParts);
  in_parts([&](auto part, auto begin, auto end) {
    if (begin < end || part + 1 == kParts)
      list.add_candidates(begin, end, found[static_cast<std::size_t>(part)]);
  });
  std::vector<Candidate> candidates;
  for (const auto& some : found) candidates.insert(candidates.end(), some.begin(), some.end());
  list.choose(candidates, places);
}

bool suits_sparse_kernels(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

at::TensorOptions places_like(const at::Tensor& x) { return x.options().dtype(at::kLong); }

/// Calls `work` for every row, in threads where there is enough work.
template <class Work>
void for_each_list(std::int64_t rows, std::int64_t width, Work work) {
  constexpr std::int64_t kGrain = 16384;  // numbers that are worth a thread
  at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, width)),
                   [&](auto begin, auto end) {
                     for (auto r = begin; r < end; ++r) work(r);
                   });
}

at::Tensor columns_by_kernel(const at::Tensor& x, std::int64_t k, Size size) {
  const auto rows = x.size(0), width = x.size(1);
  const auto from = x.contiguous();
  auto columns = at::empty({rows, k}, places_like(x));
  const auto* data = from.const_data_ptr<float>();
  auto* to = columns.mutable_data_ptr<std::int64_t>();
  for_each_list(rows, width, [&](auto r) {
    largest_of_list(data + r * width, width, k, size == Size::magnitude, to + r * k);
  });
  return columns;
}

}  // namespace

ActiveElements elements_at(const at::Tensor& columns, std::int64_t width) {
  const auto rows = columns.size(0), k = columns.size(1);
  const auto row = at::arange(rows, columns.options()).unsqueeze(1).expand({rows, k});
  return {.places = at::stack({row.reshape(-1), columns.reshape(-1)}),
          .offsets = at::arange(rows + 1, columns.options()) * k,
          .values = {},
          .width = width};
}

at::Tensor flat_places(const ActiveElements& active) {
  return active.places.select(0, 0) * active.width + active.places.select(0, 1);
}

ActiveElements largest_of_rows(const at::Tensor& of, std::int64_t k, Size size) {
  const at::NoGradGuard no_grad;
  const auto x = of.detach();
  if (suits_sparse_kernels(x)) return elements_at(columns_by_kernel(x, k, size), x.size(1));
  const auto columns = std::get<1>((size == Size::magnitude ? x.abs() : x).topk(k, 1));
  return elements_at(std::get<0>(columns.sort(1)), x.size(1));
}

ActiveElements largest_of_all(const at::Tensor& of, std::int64_t count) {
  const at::NoGradGuard no_grad;
  const auto x = of.detach().contiguous();
  const auto rows = x.size(0), width = x.size(1);
  auto places = at::empty({count}, places_like(x));
  if (suits_sparse_kernels(x))
    largest_of_long_list(x.const_data_ptr<float>(), x.numel(), count,
                         places.mutable_data_ptr<std::int64_t>());
  else
    places = std::get<0>(std::get<1>(x.flatten().topk(count)).sort());
  const auto row = at::div(places, std::max<std::int64_t>(1, width), "floor");
  const auto counts = at::zeros({rows + 1}, places.options()).scatter_add(0, row + 1, at::ones_like(row));
  return {.places = at::stack({row, places - row * width}),
          .offsets = counts.cumsum(0),
          .values = {},
          .width = width};
}

ActiveElements largest_among(const at::Tensor& of, std::int64_t k, const at::Tensor& mask) {
  const at::NoGradGuard no_grad;
  const auto x = of.detach().contiguous();
  const auto rows = x.size(0), width = x.size(1);
  if (!suits_sparse_kernels(x))
    return largest_of_rows(at::where(mask, x, -std::numeric_limits<double>::infinity()), std::min(k, width));
  const auto chosen = mask.contiguous();
  const auto* is_chosen = chosen.const_data_ptr<bool>();
  std::vector<std::int64_t> among;
  for (std::int64_t i = 0; i < width; ++i)
    if (is_chosen[i]) among.push_back(i);
  const auto count = static_cast<std::int64_t>(among.size());
  k = std::min(k, count);
  auto columns = at::empty({rows, k}, places_like(x));
  const auto* data = x.const_data_ptr<float>();
  auto* to = columns.mutable_data_ptr<std::int64_t>();
  for_each_list(rows, count, [&](auto r) {
    thread_local std::vector<float> some;
    some.resize(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
      some[static_cast<std::size_t>(i)] = data[r * width + among[static_cast<std::size_t>(i)]];
    largest_of_list(some.data(), count, k, /*absolute=*/false, to + r * k);
    for (std::int64_t i = 0; i < k; ++i) to[r * k + i] = among[static_cast<std::size_t>(to[r * k + i])];
  });
  return elements_at(columns, width);
}

}  // namespace aelab
