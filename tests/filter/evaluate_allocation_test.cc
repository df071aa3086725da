// Counts what the filter allocates: every allocation of this program goes through the operators below.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "filter/evaluate.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "tests/filter/request_builder.h"

namespace {

std::size_t allocations = 0;

void* Allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace viaduct::filter {
namespace {

TEST(EvaluateAllocationTest, TheCountersCount) {
  const std::size_t before = allocations;
  const auto number = std::make_unique<int>(7);
  EXPECT_EQ(*number, 7);
  EXPECT_EQ(allocations, before + 1);
}

TEST(EvaluateAllocationTest, AllowingAndDenyingAllocateNothing) {
  PolicySpec spec = WithSecret(GenuineSpec());
  spec.hosts.push_back("*.example.com");
  spec.origins.push_back("same-host");
  const std::shared_ptr<const Policy> policy = PolicyOf(spec);
  RequestBuilder genuine = GenuineRequest();
  genuine.Prepend("X-Forwarded-For", std::string(10'000, ','))
      .Prepend("Via", "1.1 proxy (a \"comment\", with \\) all)")
      .Add("X-Origin-Verify", kNextSecret);
  genuine.Set("host", "chat.example.com:8080").Set("origin", "https://chat.example.com:8443");
  const RequestView allowed = genuine.view();
  RequestBuilder forged = GenuineRequest();
  forged.Set("origin", "https://evil.example");
  const RequestView denied = forged.view();
  const ConnectionFacts connection = GenuineConnection();

  const std::size_t before = allocations;
  const Verdict yes = Evaluate(*policy, allowed, connection);
  const Verdict no = Evaluate(*policy, denied, connection);
  const std::size_t after = allocations;

  EXPECT_TRUE(yes.allowed);
  EXPECT_EQ(yes.secret_generation, 1);
  EXPECT_EQ(no.reason, DenyReason::kOriginNotAllowed);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace viaduct::filter
