// Measures the cost of one verdict. The request is a browser's upgrade as it comes through CloudFront and an ALB; the
// ranges are the built-in ones, which are AWS's whole list.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "filter/evaluate.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "tests/filter/request_builder.h"

namespace viaduct::bench {
namespace {

void Judge(benchmark::State& state, const filter::PolicySpec& spec, filter::RequestBuilder request,
           const filter::ConnectionFacts& connection) {
  const std::shared_ptr<const filter::Policy> policy = filter::PolicyOf(spec);
  const filter::RequestView view = request.view();
  for ([[maybe_unused]] auto _ : state) {
    filter::Verdict verdict = filter::Evaluate(*policy, view, connection);
    benchmark::DoNotOptimize(verdict);
  }
}

filter::RequestBuilder SecretRequest(std::string_view secret) {
  filter::RequestBuilder request = filter::GenuineRequest();
  request.Add("x-origin-verify", secret);
  return request;
}

// Returns a request with the most fields that the sidecar takes by default; the filter looks at none of the added ones.
filter::RequestBuilder CrowdedRequest() {
  filter::RequestBuilder request = filter::GenuineRequest();
  for (int i = 0; i < 180; ++i) request.Prepend("x-application-field-" + std::to_string(i), "some value");
  return request;
}

void Genuine(benchmark::State& state) {
  Judge(state, filter::GenuineSpec(), filter::GenuineRequest(), filter::GenuineConnection());
}
void Nlb(benchmark::State& state) {
  Judge(state, filter::NlbSpec(), filter::UnbalancedRequest(), filter::NlbConnection());
}
void Direct(benchmark::State& state) {
  Judge(state, filter::DirectSpec(), filter::UnbalancedRequest(), filter::DirectConnection());
}
void Crowded(benchmark::State& state) {
  Judge(state, filter::GenuineSpec(), CrowdedRequest(), filter::GenuineConnection());
}

// Measures a secret of two generations: the right one, one with a wrong first character and one with a wrong last
// character. The latter two must cost the same, or the time would reveal how much of a guess is right.
void Secret(benchmark::State& state) {
  Judge(state, filter::WithSecret(filter::GenuineSpec()), SecretRequest(filter::kCurrentSecret),
        filter::GenuineConnection());
}
void SecretWrongAtItsBegin(benchmark::State& state) {
  std::string secret(filter::kCurrentSecret);
  secret.front() = '!';
  Judge(state, filter::WithSecret(filter::GenuineSpec()), SecretRequest(secret), filter::GenuineConnection());
}
void SecretWrongAtItsEnd(benchmark::State& state) {
  std::string secret(filter::kCurrentSecret);
  secret.back() = '!';
  Judge(state, filter::WithSecret(filter::GenuineSpec()), SecretRequest(secret), filter::GenuineConnection());
}

BENCHMARK(Genuine);
BENCHMARK(Nlb);
BENCHMARK(Direct);
BENCHMARK(Crowded);
BENCHMARK(Secret);
BENCHMARK(SecretWrongAtItsBegin);
BENCHMARK(SecretWrongAtItsEnd);
// For callgrind, which counts whole programs: the two differ only in the number of verdicts.
BENCHMARK(Genuine)->Name("Counted")->Iterations(1000);
BENCHMARK(Genuine)->Name("Counted")->Iterations(2000);

}  // namespace
}  // namespace viaduct::bench
