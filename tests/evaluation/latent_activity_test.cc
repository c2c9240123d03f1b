// The rows in which latents are active, against a sort of whole columns; nearest rows against all cosines.

#include "aelab/evaluation/latent_activity.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/evaluation/feature_matches.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using Places = std::vector<std::int64_t>;

Places rows_of(std::span<const ActiveRow> strongest) {
  Places rows;
  for (const auto& one : strongest) rows.push_back(one.row);
  return rows;
}

TEST(LatentActivity, KeepsTheRowsOfTheLargestAbsoluteValues) {
  LatentActivity activity(/*latents=*/3, /*kept=*/2);
  activity.add(at::tensor({1.F, 0.F, 0.F, -3.F, 0.F, 2.F}).view({2, 3}));
  activity.add(at::tensor({2.F, 0.F, 2.F, 3.F, 0.F, 2.F}).view({2, 3}));
  EXPECT_EQ(activity.rows(), 4);
  EXPECT_EQ(activity.active(), (Places{4, 0, 3}));
  EXPECT_EQ(rows_of(activity.strongest(0)), (Places{1, 3})) << "of equal ones the earlier row";
  EXPECT_EQ(activity.strongest(0).front().activation, -3);
  EXPECT_TRUE(activity.strongest(1).empty());
  EXPECT_EQ(rows_of(activity.strongest(2)), (Places{1, 2}));
}

TEST(LatentActivity, IsThatOfSortedColumnsWhateverTheBatches) {
  auto random = fixed_generator(3);
  const auto values = at::empty({200, 17}).normal_(0, 1, random);
  const auto codes = at::where(values.abs() > 1, values, 0);
  for (const std::int64_t size : {1, 7, 200}) {
    LatentActivity activity(/*latents=*/17, /*kept=*/5);
    for (const auto& batch : codes.split(size)) activity.add(batch);
    for (std::int64_t latent = 0; latent < 17; ++latent) {
      const auto column = codes.select(1, latent);
      EXPECT_EQ(activity.active()[static_cast<std::size_t>(latent)],
                (column != 0).sum().item<std::int64_t>());
      const auto order = column.abs().argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
      const auto strongest = activity.strongest(latent);
      ASSERT_EQ(strongest.size(), 5U);
      for (std::int64_t i = 0; i < 5; ++i) {
        const auto& one = strongest[static_cast<std::size_t>(i)];
        EXPECT_EQ(one.row, order[i].item<std::int64_t>());
        EXPECT_EQ(one.activation, column[one.row].item<float>());
      }
    }
  }
}

TEST(NearestDirectionsTest, AreThoseOfAllCosines) {
  auto random = fixed_generator(4);
  const auto rows = at::empty({1500, 6}).normal_(0, 1, random),
             others = at::empty({40, 6}).normal_(0, 1, random);
  const auto unit = rows / rows.norm(2, 1, true);
  const auto of_others = nearest_directions(rows, others);
  const auto cosines = at::mm(unit, (others / others.norm(2, 1, true)).t()).abs();
  EXPECT_TRUE(at::allclose(of_others.cosines, std::get<0>(cosines.max(1)), 1e-5, 1e-6));
  EXPECT_TRUE(of_others.places.equal(cosines.argmax(1)));
  const auto chosen = at::arange(3, 1500, 7);
  const auto nearest = nearest_other_directions(rows, chosen);
  const auto among = at::mm(unit, unit.t()).abs().fill_diagonal_(-1).index_select(0, chosen);
  EXPECT_TRUE(at::allclose(nearest.cosines, std::get<0>(among.max(1)), 1e-5, 1e-6));
  EXPECT_EQ((nearest.places == among.argmax(1)).sum().item<std::int64_t>(), chosen.numel());
}

}  // namespace
}  // namespace aelab
