#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aelab/core/fields.h"
#include "aelab/data/dataset.h"

namespace aelab {

// Which classes are normal, as a run file says: a class by name or number, a list of classes, or either as
// {"label": ...}.

/// The classes that it names; none if it is left out. Throws an Error if it is of another form, or an empty
/// list.
std::vector<std::string> names_of_normal(const AnyJson& normal);
/// What is wrong with its form, "must be ..."; "" if nothing is.
std::string problem_of_normal(const AnyJson& normal);
/// The numbers of these classes in ascending order, each once, of data whose labels are below `classes` and
/// have these names, if any. Throws an Error that lists the classes if there is no such class, or if the data
/// have no labels.
std::vector<std::int64_t> normal_classes(const AnyJson& normal, std::int64_t classes,
                                         const std::vector<std::string>& class_names);
/// Whether each label is of one of these classes: [n] int64 -> [n] bool.
Tensor are_normal(const Tensor& labels, const std::vector<std::int64_t>& normal);
/// "class 0", "classes cat, dog"
std::string classes_in_words(const std::vector<std::int64_t>& classes,
                             const std::vector<std::string>& class_names);

}  // namespace aelab
