#include "origin/room/roster.h"

#include <utility>

namespace viaduct::origin {
namespace {

std::shared_ptr<const std::string> Nobody() {
  static const auto kNobody = std::make_shared<const std::string>();
  return kNobody;
}

std::shared_ptr<const std::string> TooMany() {
  static const auto kTooMany = std::make_shared<const std::string>("null");
  return kTooMany;
}

}  // namespace

Roster::Roster() : json_(Nobody()) {}

void Roster::Add(const Uuid& id, std::string name) {
  const net::MutexLock lock(&mutex_);
  local_[id] = std::move(name);
  Encode();
}

void Roster::Remove(const Uuid& id) {
  const net::MutexLock lock(&mutex_);
  if (local_.erase(id) > 0) Encode();
}

void Roster::SetRemote(People people) {
  const net::MutexLock lock(&mutex_);
  if (people == remote_) return;
  remote_ = std::move(people);
  Encode();
}

People Roster::Local() const {
  const net::MutexLock lock(&mutex_);
  return LocalLocked();
}

People Roster::LocalLocked() const {
  People people;
  for (const auto& [id, name] : local_) {
    if (people.size() > kMaxPeopleTold) break;
    people.push_back({.id = id, .name = name});
  }
  return people;
}

std::shared_ptr<const std::string> Roster::Json() const {
  const net::MutexLock lock(&mutex_);
  return json_;
}

void Roster::Encode() {
  if (local_.size() + remote_.size() > kMaxPeopleTold) {
    json_ = TooMany();
    return;
  }
  People people = LocalLocked();
  people.insert(people.end(), remote_.begin(), remote_.end());
  auto json = std::make_shared<std::string>();
  AppendPeopleJson(json.get(), people);
  json_ = people.empty() ? Nobody() : std::move(json);
}

}  // namespace viaduct::origin
