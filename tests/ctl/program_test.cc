// viaductctl without a chat: help, version, completion, usage errors, and its standard streams.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include <chrono>
#include <string>
#include <vector>

#include "tests/ctl/chat/fake_chat.h"
#include "tests/ctl/program.h"

namespace viaduct::ctl {
namespace {

// Returns bash's completions for the last of `words`, one per line.
std::string Completions(const std::string& words) {
  const std::string script = "viaductctl() { '" + ViaductctlPath() +
                             "' \"$@\"; }\n"
                             "source <(viaductctl completion bash)\n"
                             "compopt() { :; }\n"
                             "COMP_WORDS=(" +
                             words +
                             ")\n"
                             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                             "_viaductctl\n"
                             "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  Program bash({"/bin/bash", "-c", script},
               {.environment = {"VIADUCT_ENDPOINT=unix:chat.sock", "VIADUCT_CONTEXTS=contexts.yaml"}});
  const Ended ended = bash.Wait();
  EXPECT_EQ(ended.err, "") << words;
  return ended.out;
}

TEST(ProgramTest, HelpGoesToStandardOutput) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"help"}, {"--help"}, {"-h"}}) {
    const Ended ended = RunViaductctl(words);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_NE(ended.out.find("\nExit codes:\n"), std::string::npos) << ended.out;
    EXPECT_EQ(ended.err, "");
  }
}

TEST(ProgramTest, HelpOfACommandIsTheSameInBothForms) {
  const Ended by_command = RunViaductctl({"help", "connections", "close"});
  EXPECT_EQ(by_command.exit_code, 0);
  EXPECT_NE(by_command.out.find("\nExamples:\n"), std::string::npos) << by_command.out;
  EXPECT_EQ(RunViaductctl({"connections", "close", "--help"}).out, by_command.out);
  EXPECT_EQ(RunViaductctl({"help", "sidecar", "tunnels", "list"}).out,
            RunViaductctl({"sidecar", "tunnels", "list", "--help"}).out);
}

TEST(ProgramTest, HelpOfAGroupListsItsCommands) {
  const Ended ended = RunViaductctl({"help", "sidecar", "tunnels"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(
      ended.out,
      "Usage: viaductctl sidecar tunnels COMMAND [ARGUMENTS] [FLAGS]\n"
      "\n"
      "Commands:\n"
      "  sidecar tunnels list            Lists the sidecar's open tunnels.\n"
      "  sidecar tunnels get TUNNEL      Shows the details of one tunnel.\n"
      "  sidecar tunnels close [TUNNEL]  Closes one tunnel, those that match a filter, or all of them (--all).\n"
      "\n"
      "TUNNEL is a tunnel's ID, with or without \"tunnels/\", or at least its first 4 characters if no other begins "
      "so.\n"
      "\n"
      "'viaductctl help sidecar tunnels COMMAND' shows the flags of a command, and examples.\n"
      "'viaductctl help' shows the flags that every command takes, and the exit codes.\n");
  EXPECT_EQ(RunViaductctl({"sidecar", "tunnels", "--help"}).out, ended.out);
}

TEST(ProgramTest, HelpOfNoCommandIsAMistake) {
  const Ended ended = RunViaductctl({"help", "brodcast"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err, "viaductctl: unknown command brodcast: did you mean broadcast?\n");
  EXPECT_EQ(RunViaductctl({"help", "stats", "now"}).exit_code, 2);
}

TEST(ProgramTest, TheVersionIsPrinted) {
  const std::string plain = RunViaductctl({"version"}).out;
  const std::string json = RunViaductctl({"version", "--json"}).out;
  EXPECT_EQ(plain.substr(0, 11), "viaductctl ");
  EXPECT_EQ(RunViaductctl({"--version"}).out, plain);
  EXPECT_EQ(RunViaductctl({"version", "-o", "yaml"}).out,
            "---\nversion: \"" + plain.substr(11, plain.size() - 12) + "\"\n");
  EXPECT_EQ(json, "{\"version\":\"" + plain.substr(11, plain.size() - 12) + "\"}\n");
}

TEST(ProgramTest, MistakesAreOneLineOnStandardErrorAndExitCodeTwo) {
  const Ended ended = RunViaductctl({"stats", "--jsn"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "viaductctl: unknown flag --jsn: did you mean --json?\n");
  EXPECT_EQ(RunViaductctl({"stats", "--endpoint", "nowhere"}).err,
            "viaductctl: endpoint \"nowhere\": expected unix:PATH, HOST:PORT or [IPV6]:PORT\n");
  EXPECT_EQ(RunViaductctl({"completion", "csh"}).err, "viaductctl: completion: expected bash, zsh or fish\n");
}

TEST(ProgramTest, AFullDiskIsReported) {
  Program full({"/bin/sh", "-c", "exec \"$0\" help >/dev/full", ViaductctlPath()}, {});
  const Ended ended = full.Wait();
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "viaductctl: cannot write the output: No space left on device\n");
}

TEST(ProgramTest, AClosedStandardOutputIsReportedAndNoSocketTakesItsPlace) {
  EnterTestDirectory();
  const FakeChat chat({});
  Program closed({"/bin/sh", "-c", "exec \"$0\" stats --endpoint unix:chat.sock <&- >&-", ViaductctlPath()}, {});
  const Ended ended = closed.Wait();
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "viaductctl: cannot write the output: Bad file descriptor\n");
}

TEST(ProgramTest, ExplainsByAConfigAlone) {
  EnterTestDirectory();
  std::ofstream("sidecar.yaml") << "listen: 127.0.0.1:0\n"
                                   "vpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\n"
                                   "upstream: {address: '127.0.0.1:1'}\n";
  const std::string head =
      "GET /page HTTP/1.1\nHost: h\nX-Forwarded-For: 203.0.113.7, 130.176.114.52\n"
      "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\n"
      "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\n";
  const Ended good =
      RunViaductctl({"explain", "--peer", "10.0.0.1", "--raw", "-", "--config", "sidecar.yaml"}, {.input = head});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.out.substr(0, good.out.find('\n')), "verdict         forwarded to the upstream");
  const Ended denied =
      RunViaductctl({"explain", "--peer", "192.0.2.1", "--raw", "-", "--config", "sidecar.yaml"}, {.input = head});
  EXPECT_EQ(denied.exit_code, 5);
  EXPECT_EQ(denied.err, "viaductctl: the request is not let through: 403 denied: untrusted_peer\n");
  EXPECT_NE(denied.out.find("\ntrusted_peer  denied  untrusted_peer"), std::string::npos) << denied.out;
  const Ended broken = RunViaductctl({"explain", "--peer", "10.0.0.1", "--config", "nowhere.yaml"});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_NE(broken.err.find("nowhere.yaml"), std::string::npos) << broken.err;
}

TEST(CompletionTest, CommandsVerbsAndFlagsComeFromTheTable) {
  EXPECT_EQ(
      Completions("viaductctl ''"),
      "connections\nbroadcast\nwatch\nstats\ndrain\nundrain\nstatus\nsettings\nhealth\nsidecar\nexplain\ncontext\n"
      "completion\nversion\nhelp\nwhy\n");
  EXPECT_EQ(Completions("viaductctl wa"), "watch\n");
  EXPECT_EQ(Completions("viaductctl connections ''"), "list\nget\nsend\nclose\n");
  EXPECT_EQ(Completions("viaductctl help connections c"), "close\n");
  EXPECT_EQ(Completions("viaductctl sidecar ''"),
            "tunnels\nstats\nladder\npolicy\nranges\nreload\nstatus\ndrain\nundrain\n");
  EXPECT_EQ(Completions("viaductctl sidecar tunnels ''"), "list\nget\nclose\n");
  EXPECT_EQ(Completions("viaductctl sidecar tunnels list --id"), "--idle\n");
  EXPECT_EQ(Completions("viaductctl help h"), "health\nhelp\n");
  EXPECT_EQ(
      Completions("viaductctl sidecar tunnels close x --"),
      "--context\n--endpoint\n--token-file\n--ca\n--cert\n--key\n--timeout\n--output\n--json\n--color\n--no-headers\n"
      "--help\n--code\n--reason\n--path\n--viewer\n--age\n--idle\n--all\n--spread\n--dry-run\n--wait\n--yes\n");
  EXPECT_EQ(Completions("viaductctl stats --output=y"), "yaml\n") << "bash breaks words at =";
  EXPECT_EQ(Completions("viaductctl stats --output = j"), "json\n") << "as bash hands it over";
  EXPECT_EQ(Completions("viaductctl stats --i"), "--interval\n");
  EXPECT_EQ(Completions("viaductctl completion ''"), "bash\nzsh\nfish\n");
}

TEST(CompletionTest, ContextsAreOffered) {
  EnterTestDirectory();
  std::ofstream("contexts.yaml") << "contexts:\n- {name: prod, chat: 'unix:/a'}\n- {name: staging, chat: 'unix:/b'}\n";
  EXPECT_EQ(Completions("viaductctl context use ''"), "prod\nstaging\n");
  EXPECT_EQ(Completions("viaductctl stats --context st"), "staging\n");
}

TEST(CompletionTest, ShellsThatShowThemGetDescriptions) {
  EXPECT_EQ(RunViaductctl({"__complete", "connections", "g"}).out, "get\tShows the details of one connection.\n");
  EXPECT_EQ(RunViaductctl({"__complete", "sidecar", "tun"}).out, "tunnels\tlist, get, close\n");
  EXPECT_EQ(RunViaductctl({"__complete", "watch", "--ki"}).out,
            "--kinds\tonly these kinds, separated by commas: connected, disconnected, message, broadcast\n");
  EXPECT_EQ(RunViaductctl({"__complete", "stats", "--ca", "x"}).out, ":files\n");
  EXPECT_EQ(RunViaductctl({"__complete", "connections", "list", "--sort", "queued"}).out, "queued_bytes\n");
  EXPECT_EQ(RunViaductctl({"__complete", "sidecar", "tunnels", "list", "--sort", "cl"}).out,
            "closing\ncloudfront_id\n");
}

TEST(ProgramTest, GroffFindsNoFaultInTheManualPage) {
  if (::access("/usr/bin/groff", X_OK) != 0) GTEST_SKIP() << "groff is not installed";
  Program groff({"/usr/bin/groff", "-ww", "-man", "-Tutf8", "-z"},
                {.environment = {}, .input = RunViaductctl({"help", "--man"}).out});
  const Ended ended = groff.Wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.err, "");
}

TEST(ProgramTest, TheManualPageSaysWhatHelpSays) {
  const Ended page = RunViaductctl({"help", "--man"});
  EXPECT_EQ(page.exit_code, 0) << page.err;
  EXPECT_TRUE(page.out.starts_with(".TH VIADUCTCTL 1 "));
  for (const char* part : {".SH EXIT STATUS\n", ".SS viaductctl connections close [ID]\n", "\\fB\\-\\-spread\\fR"}) {
    EXPECT_NE(page.out.find(part), std::string::npos) << part;
  }
}

TEST(ContextTest, OneIsAddedShownAndRemoved) {
  EnterTestDirectory();
  const ProgramOptions file = {.environment = {"VIADUCT_CONTEXTS=made/contexts.yaml"}};
  EXPECT_EQ(RunViaductctl({"context", "add", "prod", "--chat", "10.0.0.5:8083", "--token-file", "/t"}, file).out,
            "added the context prod to made/contexts.yaml\n");
  EXPECT_EQ(RunViaductctl({"context", "add", "x", "--chat", "nowhere"}, file).err,
            "viaductctl: endpoint \"nowhere\": expected unix:PATH, HOST:PORT or [IPV6]:PORT\n");
  EXPECT_EQ(RunViaductctl({"context", "add", "x"}, file).exit_code, 2);
  EXPECT_EQ(RunViaductctl({"context", "show"}, file).exit_code, 2);
  EXPECT_EQ(RunViaductctl({"context", "show", "prod"}, file).out,
            "context           prod\ncurrent           no\nchat              10.0.0.5:8083\nsidecar           -\n"
            "token file        /t\nCA file           -\ncertificate file  -\nprivate key file  -\n");
  EXPECT_EQ(RunViaductctl({"context", "remove", "prod"}, file).out,
            "removed the context prod from made/contexts.yaml\n");
  EXPECT_EQ(RunViaductctl({"context", "remove", "prod"}, file).exit_code, 2);
}

TEST(ContextTest, ContextsAreListedAndOneIsUsed) {
  EnterTestDirectory();
  std::ofstream("contexts.yaml") << "# ours\ncontexts:\n- {name: prod, chat: '10.0.0.5:8083', token_file: t}\n"
                                    "- {name: here, chat: 'unix:chat.sock'}\n";
  const std::vector<std::string> file = {"VIADUCT_CONTEXTS=contexts.yaml"};
  EXPECT_EQ(RunViaductctl({"context", "use", "here"}, {.environment = file}).out, "the current context is now here\n");
  EXPECT_EQ(RunViaductctl({"context", "list"}, {.environment = file}).out,
            "NAME  CURRENT  CHAT            SIDECAR  CREDENTIALS\n"
            "prod  -        10.0.0.5:8083   -        token\n"
            "here  *        unix:chat.sock  -        -\n");
  const FakeChat chat{ChatScript{}};
  EXPECT_EQ(RunViaductctl({"health"}, {.environment = file}).out, "SERVING\n");
  const Ended wrong = RunViaductctl({"context", "use", "hre"}, {.environment = file});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.err, "viaductctl: no context hre: did you mean here?\n");
}

TEST(CompletionTest, FlagsBeforeTheCommandDoNotConfuseIt) {
  EXPECT_EQ(Completions("viaductctl --json --timeout 1s connections l"), "list\n");
}

TEST(CompletionTest, FlagValuesAreOffered) {
  EXPECT_EQ(Completions("viaductctl watch --kinds ''"), "connected\ndisconnected\nmessage\nbroadcast\n");
  EXPECT_EQ(Completions("viaductctl stats --timeout ''"), "\n");
  EXPECT_EQ(Completions("viaductctl stats --ca /proc/self/cmd"), "/proc/self/cmdline\n");
}

TEST(CompletionTest, OpenConnectionsAreOfferedAndNothingThatAShellWouldRun) {
  EnterTestDirectory();
  ChatScript script;
  script.connections = {MakeConnection("7c9e6679-7425-40de-944b-e07fc1f90ae7", std::chrono::hours(1)),
                        MakeConnection("$(touch${IFS}pwned)", std::chrono::hours(1))};
  const FakeChat chat(script);
  EXPECT_EQ(Completions("viaductctl connections get ''"), "7c9e6679-7425-40de-944b-e07fc1f90ae7\n");
  EXPECT_EQ(Completions("viaductctl connections get 7c9e ''"), "\n");
  ChatScript others;
  others.connections = {MakeConnection("00000000-0000-4000-8000-000000000001", std::chrono::hours(1))};
  const FakeChat other(others, "unix:other.sock");
  EXPECT_EQ(Completions("viaductctl connections get --endpoint unix : other.sock ''"),
            "00000000-0000-4000-8000-000000000001\n")
      << "as bash hands it over";
  std::ofstream("contexts.yaml") << "contexts:\n- {name: b, chat: 'unix:other.sock'}\n";
  EXPECT_EQ(Completions("viaductctl --context b connections get ''"), "00000000-0000-4000-8000-000000000001\n");
  Program find({"/usr/bin/find", ".", "-name", "pwned"}, {});
  EXPECT_EQ(find.Wait().out, "");
}

}  // namespace
}  // namespace viaduct::ctl
