// bench-load: makes one kind of traffic, controlled by lines on standard input, and prints a line of JSON for each.

#include <poll.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "bench/failure.h"
#include "bench/flags.h"
#include "bench/load/chat_load.h"
#include "bench/load/echo_load.h"
#include "bench/load/load.h"
#include "bench/load/request_load.h"
#include "bench/load/upgrade_load.h"
#include "net/descriptor_limit.h"

namespace viaduct::bench {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: bench-load --workload echo|upgrades|requests|chat|joins --target ADDRESS [FLAG VALUE]...

  --connections N   connections, or upgrades at the same time (1)
  --payload N       bytes of a message (64)
  --depth N         messages on the way on one connection (1)
  --active N        tunnels with something on the way, in turn (all)
  --sources N       loopback addresses to connect from (1)
  --senders N       members of a chat room that speak, in turn (all)
  --rooms N         chat rooms, to which the connections belong in turn (1)
  --pace N          messages a second (as many as get through)
  --also ADDRESS    a second chat server, for every other member of a room

Opens the connections, uses each once (a chat's are only welcomed), and prints what that took. Then obeys the lines of
its standard input, and prints one line of JSON for each. In a chat an operation is a delivery; "count" counts messages.

  seconds 0.5       make traffic for so long
  count 1000        make so many operations
  open 1000         open further connections

Ends with 0 at the end of its input, and with 1 as soon as anything it gets is not what it must be.
)";

std::unique_ptr<Load> CreateLoad(const std::string& workload, const LoadOptions& options) {
  if (workload == "echo") return std::make_unique<EchoLoad>(options);
  using Behind101 = UpgradeLoad::Behind101;
  if (workload == "upgrades") return std::make_unique<UpgradeLoad>(options, Behind101::kNothing);
  if (workload == "joins") return std::make_unique<UpgradeLoad>(options, Behind101::kWelcome);
  if (workload == "chat") return std::make_unique<ChatLoad>(options);
  if (workload == "requests") return std::make_unique<RequestLoad>(options);
  Fail("--workload: \"" + workload + "\": echo, upgrades, requests, chat or joins");
}

Report Obey(Load& load, std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string_view verb = line.substr(0, space);
  const std::string_view amount = space == std::string_view::npos ? "" : line.substr(space + 1);
  if (verb == "count") return load.Run(Goal::Count(ParseNumber("count", amount)));
  if (verb == "open") return load.Open(ParseNumber("open", amount));
  double seconds = 0;
  const auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), seconds);
  if (verb != "seconds" || error != std::errc() || end != amount.data() + amount.size() || !(seconds > 0)) {
    Fail("\"" + std::string(line) + "\": no such command");
  }
  return load.Run(Goal::Seconds(seconds));
}

// Reads the next line of standard input, or returns false at its end. Pings are answered meanwhile.
bool NextLine(Load& load, std::string& input, std::string& line) {
  while (true) {
    if (const std::size_t end = input.find('\n'); end != std::string::npos) {
      line = input.substr(0, end);
      input.erase(0, end + 1);
      return true;
    }
    std::array<pollfd, 2> sources = {{{STDIN_FILENO, POLLIN, 0}, {load.epoll_fd(), POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), -1) < 0) FailWithErrno("poll");
    if (sources[1].revents != 0) load.Attend();
    if (sources[0].revents == 0) continue;
    char block[256];
    const ssize_t size = ::read(STDIN_FILENO, block, sizeof(block));
    if (size <= 0) return false;
    input.append(block, static_cast<std::size_t>(size));
  }
}

int Main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::cout << kHelp;
    return 0;
  }
  Flags flags(argc, argv);
  const std::string workload = flags.Text("workload", "echo");
  const LoadOptions options = LoadOptions::FromFlags(flags);
  flags.Finish();
  net::RaiseDescriptorLimit();
  const std::unique_ptr<Load> load = CreateLoad(workload, options);
  std::cout << load->Open(options.connections).ToJson() << '\n' << std::flush;
  std::string input;
  std::string line;
  while (NextLine(*load, input, line)) std::cout << Obey(*load, line).ToJson() << '\n' << std::flush;
  // Exits without closing the connections: closing thousands one by one would only take longer.
  ::_exit(0);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) { return viaduct::bench::Main(argc, argv); }
