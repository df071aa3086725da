#include "sidecar/upstream/upstream_prober.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "http/head.h"
#include "net/stream_socket.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

constexpr http::HeadLimits kAnswerLimits{.max_head_bytes = 16 * 1024, .max_target_bytes = 0, .max_fields = 100};

// An upstream that is down is probed at least this often: viewers wait for it.
constexpr auto kEachWhileDown = std::chrono::milliseconds(250);

std::string Question(const Upstream& upstream) {
  return absl::StrCat("GET ", upstream.check.path,
                      " HTTP/1.1\r\nHost: ", upstream.address.is_unix() ? "localhost" : upstream.name,
                      "\r\nUser-Agent: viaduct-sidecar\r\nConnection: close\r\n\r\n");
}

// Returns what is wrong with the head of an answer; "" if nothing is.
std::string ProblemOf(std::string_view head) {
  std::array<http::Field, kAnswerLimits.max_fields> fields;
  http::ResponseHead answer;
  if (const auto error = http::ParseResponseHead(head, "GET", kAnswerLimits, fields, &answer)) {
    const std::string_view name = http::kHeadErrors.Name(*error);
    return absl::StrCat("bad answer: ", text::ToAbsl(name));
  }
  return answer.status / 100 == 2 ? "" : absl::StrCat("answered ", answer.status);
}

}  // namespace

class UpstreamProber::Probe final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  Probe(net::EventLoop* loop, UpstreamHealth* health, const Upstream& upstream)
      : loop_(loop), health_(health), upstream_(upstream), timer_(loop, this) {
    timer_.Set(loop->now());
  }

 private:
  void OnTimer(net::Timer*) override {
    if (socket_) {
      Finish(connected_ ? "no answer in time" : "no connection in time");
    } else {
      Begin();
    }
  }

  void Begin() {
    begin_ = loop_->now();
    connected_ = false;
    answer_.clear();
    finder_.Reset();
    net::UniqueFd fd = net::StreamSocket::StartConnect(upstream_.address);
    if (!fd) {
      FinishConnect(errno);
      return;
    }
    socket_.reset(new net::StreamSocket(loop_, std::move(fd), this));
    timer_.SetAfter(upstream_.check.timeout);
  }

  void OnSocketReady(net::StreamSocket*) override {
    if (!connected_) {
      const int error = socket_->ConnectError();
      if (error == EINPROGRESS) return;
      if (error != 0 || upstream_.check.path.empty()) {
        FinishConnect(error);
        return;
      }
      connected_ = true;
      question_ = Question(upstream_);
    }
    Ask();
    ReadAnswer();
  }

  void Ask() {
    if (question_.empty() || !socket_->writable()) return;
    const net::IoResult result = socket_->Write(question_.data(), question_.size());
    // A failure is noticed when the answer is read.
    question_.erase(0, result.kind == net::IoResult::Kind::kFailed ? question_.size() : result.bytes);
  }

  void ReadAnswer() {
    while (socket_ && socket_->readable()) {
      std::array<char, 4096> buffer;
      const net::IoResult result = socket_->Read(buffer.data(), buffer.size());
      if (result.kind == net::IoResult::Kind::kWouldBlock) return;
      if (!result.done()) {
        Finish("closed without an answer");
        return;
      }
      answer_.append(buffer.data(), result.bytes);
      std::optional<http::HeadError> error;
      const std::optional<std::size_t> size = finder_.Find(answer_, &error);
      if (size.has_value()) {
        Finish(ProblemOf(std::string_view(answer_).substr(0, *size)));
      } else if (error.has_value() || answer_.size() > kAnswerLimits.max_head_bytes) {
        Finish("bad answer");
      }
    }
  }

  // Ends the probe with the connection, or with an errno instead.
  void FinishConnect(int error) {
    const std::string problem = error == 0 ? "" : ConnectProblem(error);
    if (error != 0 && problem.empty()) {
      End();  // a shortage of our own resources says nothing about the upstream
    } else {
      Finish(problem);
    }
  }

  void Finish(std::string_view problem) {
    health_->NoteLook(upstream_.name, problem);
    down_ = !problem.empty();
    End();
  }

  void End() {
    if (socket_) loop_->Retire(std::move(socket_));  // it may be calling us
    const auto interval = *upstream_.check.interval;
    const auto each = down_ ? std::min<net::Clock::duration>(interval, kEachWhileDown) : interval;
    timer_.Set(std::max(begin_ + each, loop_->now()));
  }

  net::EventLoop* loop_;
  UpstreamHealth* health_;
  const Upstream upstream_;
  net::Timer timer_;
  std::unique_ptr<net::StreamSocket> socket_;  // set while it probes
  net::Clock::time_point begin_{};             // of the last probe
  bool connected_ = false;
  bool down_ = false;     // by the last probe
  std::string question_;  // the part of the request that is not sent yet
  std::string answer_;
  http::HeadFinder finder_;
};

UpstreamProber::UpstreamProber(net::EventLoop* loop, UpstreamHealth* health) : loop_(loop), health_(health) {}
UpstreamProber::~UpstreamProber() = default;

void UpstreamProber::Watch(const std::vector<Upstream>& upstreams) {
  probes_.clear();
  for (const Upstream& upstream : upstreams) {
    if (upstream.check.interval.has_value()) probes_.push_back(std::make_unique<Probe>(loop_, health_, upstream));
  }
}

}  // namespace viaduct::sidecar
