#include "origin/hub.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace viaduct {
namespace {

SharedPublication Say(std::string text) {
  Publication publication;
  publication.frames = std::move(text);
  publication.messages = 1;
  return std::make_shared<const Publication>(std::move(publication));
}

std::string Texts(const Hub::Ordered& ordered) {
  std::string all;
  for (const SharedPublication& publication : ordered) all += publication->frames + " ";
  return all;
}

void NoWake(std::size_t) {}

TEST(HubTest, CountsClientsAndRecipientsApart) {
  Hub hub(2, 1000, NoWake);
  EXPECT_EQ(hub.Join(0).client_count, 1);
  EXPECT_EQ(hub.Join(1).client_count, 2);
  EXPECT_EQ(hub.recipient_count(), 2);
  hub.EndDelivery();
  EXPECT_EQ(hub.client_count(), 2);
  EXPECT_EQ(hub.recipient_count(), 1);
  EXPECT_EQ(hub.Leave(), 1);
}

TEST(HubTest, APublicationGoesToEveryOtherWorkerOnce) {
  std::vector<std::size_t> woken;
  Hub hub(3, 1000, [&](std::size_t worker) { woken.push_back(worker); });
  hub.Join(0);
  hub.Join(1);
  EXPECT_EQ(hub.Publish(1, Say("a")).recipients, 2);
  EXPECT_EQ(woken, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(Texts(hub.Take(0)), "a ");
  EXPECT_EQ(Texts(hub.Take(0)), "");
  EXPECT_EQ(Texts(hub.Take(1)), "");
  EXPECT_EQ(Texts(hub.Take(2)), "a ");
}

TEST(HubTest, AWorkerIsWokenOnceForManyPublications) {
  std::vector<std::size_t> woken;
  Hub hub(2, 1000, [&](std::size_t worker) { woken.push_back(worker); });
  hub.Publish(0, Say("a"));
  hub.Publish(0, Say("b"));
  EXPECT_EQ(woken, (std::vector<std::size_t>{1}));
  hub.Take(1);
  hub.Publish(0, Say("c"));
  EXPECT_EQ(woken, (std::vector<std::size_t>{1, 1}));
}

TEST(HubTest, WhatWasOrderedBeforeComesBeforeTheOwnPublication) {
  Hub hub(2, 1000, NoWake);
  hub.Publish(0, Say("a"));
  hub.Publish(0, Say("b"));
  EXPECT_EQ(Texts(hub.Publish(1, Say("c")).before), "a b ");
  EXPECT_EQ(Texts(hub.Take(0)), "c ");
}

TEST(HubTest, AJoinIsOrderedBetweenPublications) {
  Hub hub(2, 1000, NoWake);
  hub.Publish(0, Say("before"));
  EXPECT_EQ(Texts(hub.Join(1).before), "before ");
  hub.Publish(0, Say("after"));
  EXPECT_EQ(Texts(hub.Take(1)), "after ");
}

TEST(HubTest, APublicationFromOutsideGoesToAll) {
  Hub hub(2, 1000, NoWake);
  hub.Join(0);
  EXPECT_EQ(hub.PublishFromOutside(Say("a")), 1);
  EXPECT_EQ(Texts(hub.Take(0)), "a ");
  EXPECT_EQ(Texts(hub.Take(1)), "a ");
}

TEST(HubTest, PublishersAreToldToPauseUntilTheSlowestHasTaken) {
  std::vector<std::size_t> woken;
  Hub hub(3, 1000, [&](std::size_t worker) { woken.push_back(worker); });
  hub.Publish(0, Say(std::string(500, 'x')));
  EXPECT_FALSE(hub.congested());
  hub.Publish(0, Say(std::string(500, 'x')));
  EXPECT_TRUE(hub.congested());
  hub.Take(1);
  EXPECT_TRUE(hub.congested());
  woken.clear();
  hub.Take(2);
  EXPECT_FALSE(hub.congested());
  EXPECT_EQ(woken, (std::vector<std::size_t>{0, 1}));
}

// Every worker must see every publication once, all in one order, however threads interleave.
TEST(HubTest, AllWorkersSeeOneOrder) {
  constexpr std::size_t kWorkers = 4;
  constexpr int kEach = 2000;
  Hub hub(kWorkers, 1 << 20, NoWake);
  std::vector<std::string> seen(kWorkers);
  const auto see = [&](std::size_t worker, const Hub::Ordered& ordered) {
    for (const SharedPublication& publication : ordered) seen[worker] += publication->frames;
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < kEach; ++i) {
        const std::string text = std::to_string(worker) + ":" + std::to_string(i) + " ";
        see(worker, hub.Publish(worker, Say(text)).before);
        seen[worker] += text;
        if (i % 3 == 0) see(worker, hub.Take(worker));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t worker = 0; worker < kWorkers; ++worker) see(worker, hub.Take(worker));
  for (std::size_t worker = 1; worker < kWorkers; ++worker) EXPECT_TRUE(seen[worker] == seen[0]) << worker;
  EXPECT_EQ(std::count(seen[0].begin(), seen[0].end(), ' '), static_cast<int>(kWorkers) * kEach);
}

}  // namespace
}  // namespace viaduct
