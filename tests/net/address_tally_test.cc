#include "net/address_tally.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ip/ip_address.h"

namespace viaduct::net {
namespace {

using Seat = AddressTally::Seat;
using Counts = AddressTally::Counts;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;

ip::IpAddress Address(std::string_view text) { return ip::IpAddress::Parse(text).value(); }

TEST(AddressTallyTest, AViewerHasNoMoreThanItsLimitAndTheOthersHaveTheirs) {
  AddressTally tally;
  std::vector<Seat> seats(4);
  EXPECT_TRUE(seats[0].Take(&tally, Address("203.0.113.7"), kFirst, 2));
  EXPECT_TRUE(seats[1].Take(&tally, Address("203.0.113.7"), kFirst, 2));
  EXPECT_FALSE(seats[2].Take(&tally, Address("203.0.113.7"), kFirst, 2));
  EXPECT_TRUE(seats[2].Take(&tally, Address("203.0.113.7"), kSecond, 2)) << "each kind has its own";
  EXPECT_TRUE(seats[3].Take(&tally, Address("203.0.113.8"), kFirst, 2));
  EXPECT_EQ(tally.Of(Address("203.0.113.7")), (Counts{2, 1}));
  EXPECT_EQ(tally.Most(), (Counts{2, 1}));
  seats[0].Leave();
  EXPECT_TRUE(seats[3].Take(&tally, Address("203.0.113.7"), kFirst, 2));
  EXPECT_EQ(tally.Of(Address("203.0.113.8")), (Counts{0, 0})) << "a seat counts one thing";
}

TEST(AddressTallyTest, ALimitOfZeroIsNone) {
  AddressTally tally;
  std::vector<Seat> seats(100);
  for (Seat& seat : seats) EXPECT_TRUE(seat.Take(&tally, Address("203.0.113.7"), kFirst, 0));
  EXPECT_EQ(tally.Most(), (Counts{100, 0}));
}

TEST(AddressTallyTest, ThePrefixOf64BitsOfAnIpv6AddressIsOneViewer) {
  AddressTally tally;
  Seat first;
  Seat second;
  ASSERT_TRUE(first.Take(&tally, Address("2001:db8:1:2::1"), kFirst, 1));
  EXPECT_FALSE(second.Take(&tally, Address("2001:db8:1:2:ffff::9"), kFirst, 1));
  EXPECT_TRUE(second.Take(&tally, Address("2001:db8:1:3::1"), kFirst, 1));
  EXPECT_EQ(tally.Of(Address("2001:db8:1:2:3:4:5:6")), (Counts{1, 0}));
}

TEST(AddressTallyTest, EachIpv4AddressIsAViewerHoweverItIsWritten) {
  AddressTally tally;
  Seat first;
  Seat second;
  ASSERT_TRUE(first.Take(&tally, Address("192.0.2.1"), kFirst, 1));
  EXPECT_FALSE(second.Take(&tally, Address("::ffff:192.0.2.1"), kFirst, 1));
  EXPECT_TRUE(second.Take(&tally, Address("192.0.2.2"), kFirst, 1));
}

TEST(AddressTallyTest, ASeatThatMovesCountsOnce) {
  AddressTally tally;
  Seat first;
  ASSERT_TRUE(first.Take(&tally, Address("192.0.2.1"), kSecond, 1));
  {
    Seat second(std::move(first));
    EXPECT_EQ(tally.Most(), (Counts{0, 1}));
    Seat third;
    ASSERT_TRUE(third.Take(&tally, Address("192.0.2.1"), kFirst, 1));
    third = std::move(second);
    EXPECT_EQ(tally.Most(), (Counts{0, 1}));
  }
  EXPECT_EQ(tally.Most(), (Counts{0, 0}));
}

TEST(AddressTallyTest, ManyThreadsNeverExceedTheLimit) {
  AddressTally tally;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5'000; ++round) {
        Seat seat;
        if (!seat.Take(&tally, Address("192.0.2.1"), kFirst, 2)) continue;
        const int now = inside.fetch_add(1) + 1;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        inside.fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 2);
  EXPECT_EQ(tally.Most(), (Counts{0, 0}));
}

}  // namespace
}  // namespace viaduct::net
