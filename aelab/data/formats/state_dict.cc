#include "aelab/data/formats/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>

#include "aelab/core/error.h"
#include "aelab/data/formats/pickle.h"
#include "aelab/data/formats/stored_zip.h"
#include "aelab/data/formats/values.h"
#include "aelab/data/formats/zip_file.h"

namespace aelab {
namespace {

constexpr std::pair<std::string_view, std::string_view> kStorages[] = {
    {"F32", "FloatStorage"}, {"F64", "DoubleStorage"}, {"F16", "HalfStorage"},  {"BF16", "BFloat16Storage"},
    {"I64", "LongStorage"},  {"I32", "IntStorage"},    {"I16", "ShortStorage"}, {"I8", "CharStorage"},
    {"U8", "ByteStorage"},   {"BOOL", "BoolStorage"}};

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2",
                           kRebuildParameter = "torch._utils _rebuild_parameter",
                           kOrdered = "collections OrderedDict", kPickle = "data.pkl",
                           kRemedy = "; save tensors alone: torch.save(module.state_dict(), file)";

using Kind = PickledValue::Kind;

std::vector<std::int64_t> integers_of(const PickledValue& value) {
  std::vector<std::int64_t> numbers;
  for (const auto* item : value.items) numbers.push_back(item->kind == Kind::integer ? item->integer : -1);
  return numbers;
}

}  // namespace

bool may_be_state_dict(std::string_view begin) { return begin.starts_with("PK\x03\x04"); }

class StateDictReader {
 public:
  explicit StateDictReader(const std::filesystem::path& path)
      : name_(path.string()), zip_(path, "a file of torch.save") {}

  StateDictFile read() {
    folder_ = folder();
    require_little_endian();
    const auto bytes = member(std::string(kPickle)).read_all("it has far too long a list of tensors");
    const auto pickle = Pickle::parse(bytes, name_ + ": " + std::string(kPickle));
    const auto& state = pickle.value();
    if (state.kind != Kind::dictionary && !state.is_call(kOrdered))
      refuse("it holds no dictionary of tensors");
    for (std::size_t i = 0; i < state.entries.size(); i += 2) add(*state.entries[i], *state.entries[i + 1]);
    return std::move(file_);
  }

 private:
  struct Stored {
    std::shared_ptr<const std::string> bytes;
    std::string_view type;
  };
  /// Where a tensor's values lie in its storage, in values.
  struct View {
    std::int64_t offset;
    std::vector<std::int64_t> shape, strides;
  };

  std::string name_, folder_;
  ZipFile zip_;
  StateDictFile file_;
  std::map<std::string, Stored> storages_;

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(name_ + ": " + what + std::string(kRemedy));
  }

  std::string folder() const {
    for (const auto& name : zip_.names())
      if (name.ends_with("/" + std::string(kPickle))) return name.substr(0, name.size() - kPickle.size());
    refuse("it is a ZIP archive without data.pkl, and not a file of torch.save");
  }

  ZipMember member(const std::string& name) const { return {zip_, folder_ + name, name_ + ": " + name}; }

  void require_little_endian() const {
    if (!zip_.has(folder_ + "byteorder")) return;  // PyTorch before 2.1
    if (member("byteorder").read_all("") != "little")
      throw Error(name_ + ": its numbers are big-endian; save it anew on a machine of this kind");
  }

  void add(const PickledValue& key, const PickledValue& value) {
    if (key.kind != Kind::text) refuse("a key of its dictionary is no name");
    const auto* tensor = &value;
    if (tensor->is_call(kRebuildParameter) && !tensor->items.empty()) tensor = tensor->items[0];
    if (!tensor->is_call(kRebuildTensor) || tensor->items.size() < 4)
      refuse(fmt::format(
          "\"{}\" is no tensor{}", key.text,
          value.kind == Kind::call ? ", but a call of " + value.text + ", which is not made" : ""));
    const auto& items = tensor->items;
    const View view = {items[1]->integer, integers_of(*items[2]), integers_of(*items[3])};
    const auto& stored = storage(key.text, *items[0]);
    file_.tensors_.push_back(
        {key.text, std::string(stored.type), view.shape, values(key.text, stored, view)});
  }

  const Stored& storage(const std::string& tensor, const PickledValue& value) {
    const auto* id = value.kind == Kind::persistent ? value.items[0] : nullptr;
    if (!id || !id->is_sequence(5) || id->items[1]->kind != Kind::global || id->items[2]->kind != Kind::text)
      refuse("\"" + tensor + "\" has no storage");
    const auto& name = id->items[1]->text;
    const auto type = std::find_if(std::begin(kStorages), std::end(kStorages), [&](const auto& known) {
      return name == "torch " + std::string(known.second);
    });
    if (type == std::end(kStorages))
      throw Error(
          fmt::format("{}: \"{}\" is of the type {}, which aelab does not read", name_, tensor, name));
    const auto& key = id->items[2]->text;
    auto& stored = storages_[key + " " + std::string(type->first)];
    if (!stored.bytes) {
      auto content = member("data/" + key).read_all("save its tensors in several files");
      stored = {std::make_shared<const std::string>(std::move(content)), type->first};
      file_.buffers_.push_back(stored.bytes);
    }
    return stored;
  }

  /// The bytes of the values, row by row: those of the storage where they lie there like that.
  std::span<const std::byte> values(const std::string& tensor, const Stored& stored, const View& view) {
    const auto type = *value_type_named(stored.type);
    const auto bytes = bytes_of(type, view.shape);
    const auto dimensions = view.shape.size();
    if (!bytes || view.strides.size() != dimensions || view.offset < 0) damaged(tensor);
    const auto width = width_of(type);
    const auto have = static_cast<std::int64_t>(stored.bytes->size() / width);
    std::int64_t contiguous = 1, last = view.offset;
    bool is_contiguous = true;
    for (std::size_t i = dimensions; i-- > 0;) {
      const auto size = view.shape[i], stride = view.strides[i];
      if (*bytes > 0 && (stride < 0 || (size > 1 && stride > (have - last) / (size - 1)))) damaged(tensor);
      if (*bytes > 0) last += (size - 1) * stride;
      is_contiguous = is_contiguous && (size == 1 || stride == contiguous);
      contiguous *= size;
    }
    if (*bytes > 0 && last >= have) damaged(tensor);
    const auto* from = reinterpret_cast<const std::byte*>(stored.bytes->data());
    if (*bytes == 0) return {};
    if (is_contiguous) return {from + static_cast<std::size_t>(view.offset) * width, *bytes};
    return gathered(from, view, width, *bytes);
  }

  [[noreturn]] void damaged(const std::string& tensor) const {
    throw Error(fmt::format("{}: is damaged: \"{}\" has more values than its storage", name_, tensor));
  }

  std::span<const std::byte> gathered(const std::byte* from, const View& view, std::size_t width,
                                      std::uint64_t bytes) {
    auto content = std::make_shared<std::string>(bytes, '\0');
    std::vector<std::int64_t> index(view.shape.size(), 0);
    auto at = view.offset;
    for (std::size_t to = 0; to < bytes; to += width) {
      std::memcpy(content->data() + to, from + static_cast<std::size_t>(at) * width, width);
      for (std::size_t i = index.size(); i-- > 0;) {
        at += view.strides[i];
        if (++index[i] < view.shape[i]) break;
        at -= view.strides[i] * view.shape[i];
        index[i] = 0;
      }
    }
    file_.buffers_.push_back(content);
    return {reinterpret_cast<const std::byte*>(content->data()), bytes};
  }
};

StateDictFile StateDictFile::read(const std::filesystem::path& path) { return StateDictReader(path).read(); }

namespace {

/// The pickle of a dictionary of tensors, protocol 2.
class StateDictPickle {
 public:
  StateDictPickle() { bytes_ = "\x80\x02}("; }

  void add(const TensorBytes& tensor, std::size_t storage) {
    const auto type = std::find_if(std::begin(kStorages), std::end(kStorages),
                                   [&](const auto& known) { return known.first == tensor.dtype; });
    if (type == std::end(kStorages))
      throw std::invalid_argument("state dict: no storage for " + tensor.dtype);
    std::vector<std::int64_t> strides(tensor.shape.size());
    std::int64_t count = 1;
    for (std::size_t i = strides.size(); i-- > 0;) {
      strides[i] = count;
      count *= tensor.shape[i];
    }
    text(tensor.name);
    global("torch._utils", "_rebuild_tensor_v2");
    bytes_ += "((";
    text("storage");
    global("torch", type->second);
    text(std::to_string(storage));
    text("cpu");
    integer(count);
    bytes_ += "tQ";
    integer(0);
    tuple(tensor.shape);
    tuple(strides);
    bytes_ += '\x89';
    global("collections", "OrderedDict");
    bytes_ += ")RtR";
  }

  std::string finish() { return std::move(bytes_) + "u."; }

 private:
  std::string bytes_;

  void global(std::string_view module, std::string_view name) {
    bytes_ += fmt::format("c{}\n{}\n", module, name);
  }
  void text(std::string_view value) {
    bytes_ += 'X';
    put_number(bytes_, value.size(), 4);
    bytes_ += value;
  }
  void integer(std::int64_t value) {
    bytes_ += "\x8a\x08";
    put_number(bytes_, static_cast<std::uint64_t>(value), 8);
  }
  void tuple(const std::vector<std::int64_t>& values) {
    bytes_ += '(';
    for (const auto value : values) integer(value);
    bytes_ += 't';
  }
};

}  // namespace

void write_state_dict(const std::filesystem::path& path, std::span<const TensorBytes> tensors) {
  const auto folder = path.stem().string() + "/";
  StateDictPickle pickle;
  for (std::size_t i = 0; i < tensors.size(); ++i) pickle.add(tensors[i], i);
  StoredZip zip;
  zip.add(folder + std::string(kPickle), pickle.finish());
  zip.add(folder + "byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i)
    zip.add(folder + "data/" + std::to_string(i), {},
            {reinterpret_cast<const char*>(tensors[i].bytes.data()), tensors[i].bytes.size()});
  zip.add(folder + "version", "3\n");
  zip.write(path);
}

}  // namespace aelab
