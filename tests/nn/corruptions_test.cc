#include "aelab/nn/corruptions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kNumbers = 400'000;
constexpr double kDeviations = 5;  // a right corruption fails once in two million draws, and draws are fixed

/// Corrupted copies of one value.
Tensor many(const Corruption& corruption, double value, const Step& step = Step{}) {
  return corruption.corrupt(at::full({kNumbers / 100, 100}, value), step);
}

void expect_share(const Tensor& is, double probability) {
  const double share = is.to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(share, probability, kDeviations * std::sqrt(probability * (1 - probability) / kNumbers));
}

TEST(Corruptions, MaskingZeroesItsShareAndLeavesTheRest) {
  const auto noisy = many(Masking({.level = 0.3}), 0.7);
  expect_share(noisy == 0, 0.3);
  EXPECT_TRUE(((noisy == 0) | (noisy == at::full({}, 0.7F))).all().item<bool>());
}

TEST(Corruptions, SaltAndPepperIsHalfAndHalf) {
  const auto noisy = many(SaltAndPepper({.level = 0.2}), 0.7);
  expect_share(noisy == 0, 0.1);
  expect_share(noisy == 1, 0.1);
}

TEST(Corruptions, GaussianHasItsMeanAndDeviation) {
  const auto noise = many(GaussianNoise({.level = 0.5}), 0.4).to(at::kDouble) - 0.4;
  EXPECT_NEAR(noise.mean().item<double>(), 0, kDeviations * 0.5 / std::sqrt(kNumbers));
  EXPECT_NEAR(noise.std().item<double>(), 0.5, kDeviations * 0.5 / std::sqrt(2.0 * kNumbers));
  const auto clipped = many(GaussianNoise({.level = 0.5, .clip = true}), 0.4);
  EXPECT_GE(clipped.min().item<double>(), 0);
  EXPECT_LE(clipped.max().item<double>(), 1);
}

TEST(Corruptions, FollowTheScheduleOfTheirLevel) {
  const Masking masking({.level = LinearSchedule::Config{.from = 0, .to = 0.5}});
  expect_share(many(masking, 1, Step{.in_phase = 0, .phase_steps = 11}) == 0, 0.0);
  expect_share(many(masking, 1, Step{.in_phase = 5, .phase_steps = 11}) == 0, 0.25);
  expect_share(many(masking, 1, Step{.in_phase = 10, .phase_steps = 11}) == 0, 0.5);
}

TEST(Corruptions, RefuseLevelsOutsideTheirRange) {
  const auto refusal = [](const std::string& text) {
    return message_of<Error>([&] {
      Choice<Corruption> corruption;
      read_config(nlohmann::json::parse(text), corruption, "noise");
    });
  };
  EXPECT_SAYS(refusal(R"({"kind": "masking", "level": 1.5})"), "level: must stay between 0 and 1");
  EXPECT_SAYS(refusal(R"({"kind": "gaussian", "level": -1})"), "level: must stay at least 0");
  EXPECT_SAYS(refusal(R"({"kind": "salt-and-pepper", "level": {"kind": "linear", "from": 0, "to": 2}})"),
              "must stay between");
}

}  // namespace
}  // namespace aelab
