#include "sidecar/config/ladder/ladder_report.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "ops/log/log_sink.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

std::vector<Rung> Ladder() {
  Rung holds;
  holds.id = RungId::kKeepAliveOverAlbIdle;
  holds.shorter = {"environment.alb_idle_timeout", seconds(60)};
  holds.longer = {"timeouts.keep_alive_timeout", seconds(65)};
  Rung wrong;
  wrong.id = RungId::kSilenceUnderAlbIdle;
  wrong.state = RungState::kWrong;
  wrong.shorter = {"keepalive.ping_interval"};
  wrong.longer = {"environment.alb_idle_timeout", seconds(60)};
  wrong.problem = "viewers see 1006";
  wrong.fix = "set it";
  Rung advice = wrong;
  advice.id = RungId::kResponseUnderAlbIdle;
  advice.state = RungState::kAdvice;
  advice.shorter = {"upstream.connect_timeout + timeouts.response_timeout", seconds(26)};
  return {holds, wrong, advice};
}

TEST(LadderReportTest, TheTableIsAlignedAndNamesTheFixes) {
  EXPECT_EQ(LadderTable(Ladder()),
            "# Timeout ladder\n"
            "#          rung                      must be shorter                         than\n"
            "#  ok      keep_alive_over_alb_idle  alb_idle_timeout 1m                     keep_alive_timeout 1m5s\n"
            "#  wrong   silence_under_alb_idle    ping_interval off                       alb_idle_timeout 1m\n"
            "#  advice  response_under_alb_idle   connect_timeout + response_timeout 26s  alb_idle_timeout 1m\n"
            "# wrong: silence_under_alb_idle: viewers see 1006; set it\n"
            "# advice: response_under_alb_idle: viewers see 1006; set it\n");
}

TEST(LadderReportTest, EachWrongRungIsOneWarning) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  {
    ops::LogSink sink(fds[1]);
    LogWrongRungs(Ladder(), ops::Logger(&sink, ops::LogLines(1, "h")));
  }
  close(fds[1]);
  std::string text(4096, '\0');
  const ssize_t size = read(fds[0], text.data(), text.size());
  close(fds[0]);
  ASSERT_GT(size, 0);
  text.resize(static_cast<std::size_t>(size));
  EXPECT_EQ(text.substr(0, 16), R"({"level":"warn",)");
  const std::string end =
      R"("pid":1,"hostname":"h","rung":"silence_under_alb_idle","shorter":"keepalive.ping_interval off",)"
      R"("longer":"environment.alb_idle_timeout 1m","problem":"viewers see 1006","fix":"set it",)"
      R"("msg":"timeouts in the wrong order"})"
      "\n";
  EXPECT_EQ(text.substr(text.find("\"pid\"")), end);
}

}  // namespace
}  // namespace viaduct::sidecar
