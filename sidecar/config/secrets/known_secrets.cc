#include "sidecar/config/secrets/known_secrets.h"

#include <google/protobuf/util/message_differencer.h>

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "sidecar/config/secrets/secret_source.h"

namespace viaduct::sidecar {
namespace {

bool IsCutOff(const std::optional<std::string>& next, const std::optional<std::string>& now) {
  return next.has_value() && now.has_value() && next->size() < now->size() && now->starts_with(*next);
}

}  // namespace

absl::StatusOr<KnownSecrets> KnownSecrets::Follow(const filter::v1::OriginSecret& message) const {
  KnownSecrets followed;
  for (const filter::v1::SecretSource& source : message.sources()) {
    if (const Known* known = Find(source); known != nullptr) {
      followed.known_.push_back(*known);
      continue;
    }
    absl::StatusOr<std::optional<std::string>> value = ReadSecretSource(source);
    if (!value.ok()) return AtSecretSource(followed.known_.size(), value.status());
    followed.known_.push_back({source, *std::move(value)});
  }
  return followed;
}

absl::Status KnownSecrets::ReadAgain(ops::WatchedFiles::How how) {
  absl::Status first;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    absl::StatusOr<std::optional<std::string>> value = ReadSecretSource(known_[i].source);
    if (value.ok() && how == ops::WatchedFiles::How::kIfChanged && IsCutOff(*value, known_[i].value)) {
      value = absl::FailedPreconditionError(
          "file: holds only the beginning of the value in force, as if it were half written; SIGHUP or \"viaductctl "
          "sidecar reload\" would take it");
    }
    if (value.ok()) {
      known_[i].value = *std::move(value);
    } else {
      first.Update(AtSecretSource(i, value.status()));
    }
  }
  return first;
}

std::vector<filter::NamedSecret> KnownSecrets::values() const {
  std::vector<filter::NamedSecret> values;
  for (const Known& known : known_) {
    if (known.value.has_value()) values.push_back(filter::NamedSecret{known.source.name(), *known.value});
  }
  return values;
}

std::vector<std::string> KnownSecrets::files() const {
  std::vector<std::string> files;
  for (const Known& known : known_) {
    if (known.source.from_case() == filter::v1::SecretSource::kFile) files.push_back(known.source.file());
  }
  return files;
}

bool KnownSecrets::SameValues(const KnownSecrets& other) const {
  if (known_.size() != other.known_.size()) return false;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (known_[i].value != other.known_[i].value) return false;
  }
  return true;
}

const KnownSecrets::Known* KnownSecrets::Find(const filter::v1::SecretSource& source) const {
  for (const Known& known : known_) {
    if (google::protobuf::util::MessageDifferencer::Equals(known.source, source)) return &known;
  }
  return nullptr;
}

}  // namespace viaduct::sidecar
