#pragma once

#include "aelab/core/fields.h"

namespace aelab {

/// Ignores all values, for visitors of a config's structure; these override what they look at.
class QuietFields : public Fields {
 public:
  void flatten(AnyChoice&) override {}

 protected:
  void boolean(bool&) override {}
  void integer(std::int64_t&, const Bounds&) override {}
  void number(double&, const Bounds&) override {}
  void text(std::string&) override {}
  void files(FileNames&) override {}
  void enumeration(int&, std::span<const std::string_view>) override {}
  void optional(bool, const std::function<void()>&, const Visit&) override {}
  void list(std::size_t, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>&) override {}
  void object(const Visit& visit) override { visit(*this); }
  void choice(AnyChoice&) override {}
  void any(AnyJson&) override {}
};

}  // namespace aelab
