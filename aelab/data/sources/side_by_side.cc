#include "aelab/data/sources/side_by_side.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "aelab/core/problems.h"
#include "aelab/data/sources/csv_source.h"

namespace aelab {

void SideBySide::Config::fields(Fields& f) {
  f("sources", sources, "the sources, in the order of their features").also_known_as({"of"});
  f.require(sources.size() > 1, "sources",
            "must be two or more, such as [{\"source\": \"npy\", \"files\": \"inputs.npy\"}, {\"source\": "
            "\"npy\", \"files\": \"outputs.npy\"}]");
}

std::vector<SideBySide::Config> SideBySide::Config::examples() {
  return {{.sources = {Digits::Config{}, Digits::Config{}}}};
}

namespace {

/// Draws of each source are its own, and a row's place in each is the same.
class RowsSideBySide : public Storage {
 public:
  explicit RowsSideBySide(std::vector<Dataset> sets) : sets_(std::move(sets)) {
    for (const auto& set : sets_) {
      features_ += elements(set.shape());
      in_memory_ = in_memory_ && set.in_memory();
      if (labeled_ == nullptr && set.has_labels()) labeled_ = &set;
    }
  }
  std::int64_t size() const override { return sets_.front().size(); }
  Shape shape() const override { return {features_}; }
  bool has_labels() const override { return labeled_ != nullptr; }
  std::vector<Factor> factors() const override { return owner().factors(); }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    Batch whole{.inputs = {}, .labels = {}, .rows = rows};
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      auto chance = random;
      if (chance) chance->scope += "beside " + std::to_string(i) + "/";
      const auto part = sets_[i].gather(rows, chance);
      parts.push_back(part.inputs.flatten(1));
      if (&sets_[i] == labeled_) whole.labels = part.labels;
      if (&sets_[i] == &owner()) whole.factors = part.factors;
    }
    whole.inputs = at::cat(parts, 1);
    return whole;
  }
  Tensor labels(const Tensor& rows) const override { return owner().subset(rows).labels(); }
  std::string where(std::int64_t row) const override {
    std::string places;
    for (const auto& set : sets_) places += (places.empty() ? "" : " beside ") + set.where(row);
    return places;
  }
  bool in_memory() const override { return in_memory_; }

 private:
  std::vector<Dataset> sets_;
  const Dataset* labeled_ = nullptr;  // one of them
  std::int64_t features_ = 0;
  bool in_memory_ = true;

  const Dataset& owner() const { return labeled_ ? *labeled_ : sets_.front(); }
};

std::string source_at(std::size_t i) { return "sources[" + std::to_string(i) + "]"; }

/// The names of all features; none unless each source has some.
std::vector<std::string> columns_side_by_side(const std::vector<Data>& parts) {
  std::vector<std::string> names, with_places;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].columns.empty()) return {};
    for (const auto& name : parts[i].columns) {
      names.push_back(name);
      with_places.push_back(name_in_block(name, i));
    }
  }
  const std::set<std::string> distinct(names.begin(), names.end());
  return distinct.size() == names.size() ? names : with_places;
}

void require_rows(const std::vector<Data>& parts) {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto &first = parts.front(), &other = parts[i];
    if (first.test.has_value() != other.test.has_value())
      throw FieldError(source_at(i), std::string("has ") + (other.test ? "" : "no ") + "test rows, and " +
                                         source_at(0) + " has " + (first.test ? "some" : "none") +
                                         ": give test rows to all sources or to none");
    const auto require = [&](std::int64_t wanted, std::int64_t rows, const std::string& which) {
      if (rows != wanted)
        throw FieldError(source_at(i), "has " + std::to_string(rows) + which + " rows, and " + source_at(0) +
                                           " has " + std::to_string(wanted) +
                                           ": rows belong together by their places, so that all sources "
                                           "must have the same number");
    };
    require(first.train.size(), other.train.size(), "");
    if (first.test) require(first.test->size(), other.test->size(), " test");
  }
}

/// Labels and their names, of the first source that has labels.
void take_labels(Data& data, const std::vector<Data>& parts) {
  for (const auto& part : parts) {
    if (!part.train.has_labels()) continue;
    data.class_names = part.class_names;
    data.label = part.label;
    return;
  }
}

}  // namespace

Dataset side_by_side(const std::vector<Dataset>& sets) {
  for (const auto& set : sets)
    if (set.size() != sets.front().size())
      throw Error("cannot put " + std::to_string(set.size()) + " rows beside " +
                  std::to_string(sets.front().size()));
  return Dataset(std::make_shared<RowsSideBySide>(sets));
}

Data SideBySide::read(const InputSchema& own) const {
  const auto count = config_.sources.size();
  std::vector<Data> parts;
  for (std::size_t i = 0; i < count; ++i)
    parts.push_back(in_field(source_at(i), [&] {
      const auto& source = config_.sources[i];
      return own.blocks.size() == count ? open_dataset_like(source, schema_of_block(own, i))
                                        : open_dataset(source);
    }));
  for (std::size_t i = 0; i < count; ++i)
    if (!parts[i].types().empty())
      throw FieldError(source_at(i),
                       "has categories, dates or missing cells, and only numbers can be joined side "
                       "by side: leave such columns out with \"ignore\"");
  for (std::size_t i = 0; i < count; ++i)
    if (parts[i].train.held_out() || (parts[i].test && parts[i].test->held_out()))
      throw FieldError(source_at(i),
                       "has held-out items, which rows side by side would lose: leave them out");
  require_rows(parts);
  Data data{.name = std::string(Config::kind), .train = {}};
  std::vector<Dataset> train, test;
  for (const auto& part : parts) {
    train.push_back(part.train);
    if (part.test) test.push_back(*part.test);
    data.blocks.push_back(elements(part.shape()));
    data.files.insert(data.files.end(), part.files.begin(), part.files.end());
    data.notes.insert(data.notes.end(), part.notes.begin(), part.notes.end());
    if (!part.origin.empty()) data.origin += (data.origin.empty() ? "" : ", ") + part.origin;
  }
  data.train = side_by_side(train);
  if (!test.empty()) data.test = side_by_side(test);
  take_labels(data, parts);
  data.columns = columns_side_by_side(parts);
  return data;
}

}  // namespace aelab
