#include "aelab/data/sources/synthetic.h"

#include <ATen/ATen.h>

#include <array>
#include <numbers>
#include <stdexcept>

#include "aelab/core/random.h"
#include "aelab/data/sources/sae_bench.h"

namespace aelab {

std::span<const std::string_view> names(Surface) {
  static constexpr std::array<std::string_view, 5> kNames = {"swiss-roll", "s-curve", "sphere", "torus",
                                                             "helix"};
  return kNames;
}

namespace {

constexpr double kTurn = 2 * std::numbers::pi;

/// [rows] uniform in [low, high).
Tensor uniform(std::int64_t rows, double low, double high, const at::Generator& random) {
  return at::rand({rows}, random) * (high - low) + low;
}

Tensor with_noise(const Tensor& x, double deviation, const at::Generator& random) {
  return deviation > 0 ? x + at::randn(x.sizes(), random) * deviation : x;
}

}  // namespace

void Synthetic::Config::fields(Fields& f) {
  f("of", of, "the distribution");
  f("rows", rows, "number of rows for training", at_least(1));
  f("test_rows", test_rows, "number of held-out rows for the test; 0: none", at_least(0));
  f("seed", seed, "seed of the random numbers", at_least(0));
  f.require(!of.empty(), "of", "is missing: name a distribution, such as \"manifold\"");
}

std::vector<Synthetic::Config> Synthetic::Config::examples() {
  return {{.of = Manifold::Config{}, .rows = 100, .test_rows = 50},
          {.of = Xor::Config{.noise = 0.05}, .rows = 100},
          {.of = SaeBench::Config::examples().front(), .rows = 100, .test_rows = 20}};
}

Data Synthetic::open() const {
  auto data = config_.of.make()->open(config_.rows, config_.test_rows, config_.seed);
  data.name = config_.of.kind();
  data.origin = "drawn";
  return data;
}

Data Distribution::open(std::int64_t rows, std::int64_t test_rows, std::int64_t seed) const {
  auto drawn = draw(rows + test_rows, random_generator(seed, "synthetic"));
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    return Dataset::from_tensors(drawn.inputs.slice(0, begin, end),
                                 drawn.labels.defined() ? drawn.labels.slice(0, begin, end) : Tensor());
  };
  Data data{.name = "drawn", .train = part(0, rows)};
  if (test_rows) data.test = part(rows, rows + test_rows);
  data.truth = std::move(drawn.truth);
  return data;
}

Drawn Distribution::draw(std::int64_t, at::Generator) const {
  throw std::logic_error("a distribution overrides open() or draw()");
}

// ---- sparse dictionary

void SparseDictionary::Config::fields(Fields& f) {
  f("features", features, "number of features", between(1, 1e6));
  f("atoms", atoms, "number of atoms in the dictionary", between(1, 1e6));
  f("active", active, "number of atoms that each row sums", at_least(1));
  f("signed", is_signed, "give the atoms' weights random signs");
  f("noise", noise, "standard deviation of Gaussian noise added to every value", at_least(0));
  f.require(active <= atoms, "active", "must be at most \"atoms\"");
}

Drawn SparseDictionary::draw(std::int64_t rows, at::Generator random) const {
  auto dictionary = at::randn({config_.atoms, config_.features}, random);
  dictionary = dictionary / dictionary.norm(2, 1, /*keepdim=*/true);
  const auto chosen = std::get<1>(at::rand({rows, config_.atoms}, random).topk(config_.active));
  auto weights = at::rand(chosen.sizes(), random) + 0.5;
  if (config_.is_signed) weights = at::where(at::rand(chosen.sizes(), random) < 0.5, weights, -weights);
  const auto codes = at::zeros({rows, config_.atoms}).scatter(1, chosen, weights);
  return {.inputs = with_noise(at::mm(codes, dictionary), config_.noise, random),
          .truth = {{"dictionary", dictionary}, {"codes", codes}}};
}

// ---- manifold

namespace {

struct SurfacePoints {
  Tensor places;    // [rows, 3]
  Tensor position;  // [rows, coordinates]
};

SurfacePoints points_of(Surface surface, std::int64_t rows, const at::Generator& random) {
  using std::numbers::pi;
  const auto u = uniform(rows, 0, 1, random), v = uniform(rows, 0, 1, random);
  const auto points = [](const Tensor& x, const Tensor& y, const Tensor& z) {
    return at::stack({x, y, z}, 1);
  };
  switch (surface) {
    case Surface::swiss_roll: {
      const auto t = 1.5 * pi * (1 + 2 * u);
      return {points(t * t.cos(), 21 * v, t * t.sin()) / 10, at::stack({t, 21 * v}, 1)};
    }
    case Surface::s_curve: {
      const auto t = 3 * pi * (u - 0.5);
      return {points(t.sin(), 2 * v, t.sign() * (t.cos() - 1)), at::stack({t, 2 * v}, 1)};
    }
    case Surface::sphere: {  // equal areas have equal heights
      const auto longitude = kTurn * u, z = 2 * v - 1, ring = (1 - z.square()).clamp_min(0).sqrt();
      return {points(ring * longitude.cos(), ring * longitude.sin(), z), at::stack({longitude, z.asin()}, 1)};
    }
    case Surface::torus: {
      const auto around = kTurn * u, tube = kTurn * v, ring = 1 + 0.4 * tube.cos();
      return {points(ring * around.cos(), ring * around.sin(), 0.4 * tube.sin()),
              at::stack({around, tube}, 1)};
    }
    default: {
      const auto t = 2 * kTurn * u;
      return {points(t.cos(), t.sin(), t / kTurn), t.unsqueeze(1)};
    }
  }
}

}  // namespace

void Manifold::Config::fields(Fields& f) {
  f("surface", surface, "which surface; the helix is a curve");
  f("features", features, "dimensions of the space that the surface is embedded in", between(3, 1e5));
  f("noise", noise, "standard deviation of Gaussian noise added to every value", at_least(0));
}

Drawn Manifold::draw(std::int64_t rows, at::Generator random) const {
  const auto points = points_of(config_.surface, rows, random);
  auto embedding = at::eye(3);
  if (config_.features > 3)
    embedding = std::get<0>(at::linalg_qr(at::randn({config_.features, 3}, random))).t().contiguous();
  return {.inputs = with_noise(at::mm(points.places, embedding), config_.noise, random),
          .truth = {{"position", points.position}, {"embedding", embedding}}};
}

// ---- xor

void Xor::Config::fields(Fields& f) {
  f("bits", bits, "number of bits in a row", between(1, 10'000));
  f("noise", noise, "standard deviation of Gaussian noise added to every value", at_least(0));
}

Drawn Xor::draw(std::int64_t rows, at::Generator random) const {
  const auto bits = at::randint(2, {rows, config_.bits}, random, at::kFloat);
  return {.inputs = with_noise(bits, config_.noise, random),
          .labels = bits.sum(1).remainder(2).to(at::kLong),
          .truth = {{"bits", bits}}};
}

}  // namespace aelab
