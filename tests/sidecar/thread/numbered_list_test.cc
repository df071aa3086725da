#include "sidecar/thread/numbered_list.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace viaduct::sidecar {
namespace {

struct Element {
  std::size_t slot = 0;
};

// Returns the list's numbers above `after`.
std::vector<std::uint64_t> Numbers(const NumberedList<Element>& list, std::uint64_t after, std::size_t limit = 100) {
  std::vector<std::uint64_t> numbers;
  for (const auto* entry : list.After(after, limit)) numbers.push_back(entry->number);
  return numbers;
}

Element* Add(NumberedList<Element>* list) {
  auto element = std::make_unique<Element>();
  Element* const pointer = element.get();
  list->Add(std::move(element));
  return pointer;
}

TEST(NumberedListTest, NumbersCountUpAndAreNeverUsedAgain) {
  NumberedList<Element> list;
  EXPECT_TRUE(list.empty());
  Add(&list);
  Element* const second = Add(&list);
  EXPECT_EQ(list.Take(second).get(), second);
  Add(&list);
  EXPECT_EQ(Numbers(list, 0), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(list.size(), 2u);
}

TEST(NumberedListTest, EveryElementCanBeTakenInAnyOrder) {
  NumberedList<Element> list;
  std::vector<Element*> elements;
  for (int i = 0; i < 5; ++i) elements.push_back(Add(&list));
  for (const std::size_t i : {1u, 4u, 0u, 3u, 2u}) EXPECT_EQ(list.Take(elements[i]).get(), elements[i]) << i;
  EXPECT_TRUE(list.empty());
}

TEST(NumberedListTest, AnElementIsFoundByItsNumberAlone) {
  NumberedList<Element> list;
  Element* const first = Add(&list);
  Element* const second = Add(&list);
  EXPECT_EQ(list.Find(2), second);
  const auto gone = list.Take(first);
  EXPECT_EQ(list.Find(1), nullptr);
  EXPECT_EQ(list.Find(2), second);
  EXPECT_EQ(list.Find(3), nullptr);
}

TEST(NumberedListTest, APartIsTheLowestNumbersAscending) {
  NumberedList<Element> list;
  std::vector<Element*> elements;
  for (int i = 0; i < 6; ++i) elements.push_back(Add(&list));
  // Moves the last one to the front.
  const auto gone = list.Take(elements[0]);
  EXPECT_EQ(Numbers(list, 0, 3), (std::vector<std::uint64_t>{2, 3, 4}));
  EXPECT_EQ(Numbers(list, 4, 3), (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(Numbers(list, 6, 3), std::vector<std::uint64_t>());
  EXPECT_EQ(Numbers(list, 0, 0), std::vector<std::uint64_t>());
}

}  // namespace
}  // namespace viaduct::sidecar
