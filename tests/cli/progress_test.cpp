// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::cli {
namespace TEST_FILE {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

TEST(ProgressLine, FitsAndShortensWhatIsMeasured) {
  EXPECT_EQ(progress_line(2, 4, "GPU 0 to GPU 1", "50.9 GB/s", 15, 80),
            "2 of 4  GPU 0 to GPU 1  50.9 GB/s  15 s left");
  EXPECT_EQ(progress_line(1, 4, "GPU 0 to GPU 1", "", 0.2, 80),
            "1 of 4  GPU 0 to GPU 1  under 1 s left");
  EXPECT_EQ(progress_line(2, 4, "GPU 0 to GPU 1", "50.9 GB/s", 15, 40),
            "2 of 4  GPU 0 to G  50.9 GB/s  15 s left");
}

/// A clock that the test moves, and what was written since it was asked last.
struct Watched {
  Progress::Clock::time_point now{};
  std::string written;

  Progress::Output output(Progress::Kind kind) {
    return {.kind = kind,
            .write = [this](const std::string& text) { written += text; },
            .now = [this] { return now; },
            .width = [] { return std::size_t{81}; }};
  }
  std::string take() { return std::exchange(written, ""); }
};

TEST(Progress, OfATerminalIsOneLineThatIsRewritten) {
  Watched watched;
  Progress progress(watched.output(Progress::Kind::terminal));
  progress.begin(4, 12, "");
  EXPECT_EQ(watched.take(), "peerbench: 4 measurements, about 10 s\n");
  progress.start("GPU 0 to GPU 1", 0, 3);
  EXPECT_EQ(watched.take(), "\r\033[K1 of 4  GPU 0 to GPU 1  10 s left");
  progress.sample(50.91, "GB/s");
  EXPECT_EQ(watched.take(), "") << "more often than eyes need";
  watched.now += 1s;
  progress.sample(50.94, "GB/s");
  EXPECT_EQ(watched.take(), "\r\033[K1 of 4  GPU 0 to GPU 1  50.9 GB/s  10 s left");
  progress.clear();
  progress.clear();
  EXPECT_EQ(watched.take(), "\r\033[K");
}

TEST(Progress, TheTimeLeftFollowsWhatFinishedCellsTook) {
  Watched watched;
  Progress progress(watched.output(Progress::Kind::terminal));
  progress.begin(3, 30, "");
  progress.start("a", 0, 10);
  watched.now += 21s;  // (21 + 1) / (10 + 1) of what was expected
  watched.take();
  progress.start("b", 1, 10);
  EXPECT_EQ(watched.take(), "\r\033[K2 of 3  b  40 s left");
}

TEST(Progress, ALogHasALineEveryTenSeconds) {
  Watched watched;
  Progress progress(watched.output(Progress::Kind::log));
  progress.begin(2, 400, " of the simulated machine's time");
  EXPECT_EQ(watched.take(),
            "peerbench: 2 measurements, about 7 min of the simulated machine's time\n");
  progress.start("a", 0, 200);
  progress.sample(1, "us");
  watched.now += 9s;
  progress.sample(1, "us");
  EXPECT_EQ(watched.take(), "");
  watched.now += 1s;
  progress.sample(1, "us");
  EXPECT_EQ(watched.take(), "peerbench: 1 of 2  a  1.00 us  6 min left\n");
  progress.clear();
  EXPECT_EQ(watched.take(), "");
}

TEST(Progress, WhoIsQuietIsToldNothing) {
  Watched watched;
  Progress progress(watched.output(Progress::Kind::none));
  progress.begin(2, 400, "");
  progress.start("a", 0, 200);
  watched.now += 20s;
  progress.sample(1, "us");
  progress.clear();
  EXPECT_THAT(watched.take(), IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::cli
