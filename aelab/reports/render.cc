#include "aelab/reports/render.h"

#include <nlohmann/json.hpp>

#include "aelab/reports/layout.h"

namespace aelab {

std::string render_page(const nlohmann::json& data) {
  std::string page(kLayoutBeforeData);
  // Within JSON "<" stands only in strings, where its escape means the same; no tag begins without it.
  for (const char c : data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
    c == '<' ? page += "\\u003c" : page += c;
  return page += kLayoutAfterData;
}

}  // namespace aelab
