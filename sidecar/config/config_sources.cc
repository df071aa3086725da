#include "sidecar/config/config_sources.h"

#include <google/protobuf/util/message_differencer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/config/bounded_file.h"
#include "sidecar/config/listener_tls.h"
#include "sidecar/config/relaxation.h"
#include "text/duration_text.h"
#include "text/field_error.h"

namespace viaduct::sidecar {
namespace {

using google::protobuf::util::MessageDifferencer;

// Returns the content of the files; a file that cannot be read counts as empty.
std::string TlsText(const sidecar::v1::ListenerTls& message) {
  return ops::ReadCredentialFile(message.certificate_file()).value_or("") +
         ops::ReadCredentialFile(message.private_key_file()).value_or("");
}

std::string OlderWarning(const filter::IpRanges& next, const filter::IpRanges& before) {
  return absl::StrCat("the list of ", next.create_date, " is older than the one of ", before.create_date, " before it");
}

}  // namespace

absl::StatusOr<ConfigSources> ConfigSources::Load(std::string config, net::Clock::time_point now) {
  ConfigSources sources(std::move(config));
  if (const absl::StatusOr<Outcome> outcome = sources.TryConfig(How::kAlways, now); !outcome.ok())
    return outcome.status();
  return sources;
}

std::vector<ReloadResult> ConfigSources::Look(How how, net::Clock::time_point now) {
  std::vector<ReloadResult> results;
  // The config comes first, because it names the other files.
  for (const ReloadSource source :
       {ReloadSource::kConfig, ReloadSource::kRanges, ReloadSource::kSecrets, ReloadSource::kCertificate}) {
    std::string warning;
    const auto told = files(source).Look(how, now, [&] { return Try(source, how, now, &warning); });
    if (told.has_value()) results.push_back({.source = source, .status = *told, .warning = std::move(warning)});
  }
  if (made_.removed.HasExpired(now, made_.config->edge_ranges.removal_grace)) {
    // These sources already made valid settings, so this cannot fail.
    Take(made_, How::kAlways, now).IgnoreError();
  }
  return results;
}

absl::StatusOr<ConfigSources::Outcome> ConfigSources::Try(ReloadSource source, How how, net::Clock::time_point now,
                                                          std::string* warning) {
  switch (source) {
    case ReloadSource::kRanges:
      return TryRanges(now, warning);
    case ReloadSource::kSecrets:
      return TrySecrets(how, now);
    case ReloadSource::kCertificate:
      return TryCertificate(now);
    case ReloadSource::kConfig:
    case ReloadSource::kRefresh:
      break;
  }
  return TryConfig(how, now);
}

absl::StatusOr<ConfigSources::Outcome> ConfigSources::TryConfig(How how, net::Clock::time_point now) {
  absl::StatusOr<std::string> text = config_source_.Read(ops::ConfigSource::Files::kRegular);
  if (!text.ok()) return text.status();
  if (made_.config != nullptr && *text == made_.text) return Outcome::kSame;
  Made candidate = made_;
  absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Parse(config_source_.name(), *text, &candidate.proto);
  if (!file.ok()) return file.status();
  candidate.text = *std::move(text);
  candidate.file = *std::move(file);
  if (absl::Status status = Take(std::move(candidate), how, now); !status.ok()) return status;
  return Outcome::kTaken;
}

absl::StatusOr<ConfigSources::Outcome> ConfigSources::TryRanges(net::Clock::time_point now, std::string* warning) {
  absl::StatusOr<RangesList> list = ReadRangesList(*made_.ranges_file);
  if (!list.ok()) {
    return made_.file->Locate(
        text::AtField("vpc_origin.edge_ranges.file", absl::InvalidArgumentError(list.status().message())));
  }
  if (*list == made_.read_list) return Outcome::kSame;
  // An older list is accepted: an operator may want to go back from a list that AWS should not have published.
  if (IsOlder(list->ranges, made_.list.ranges)) *warning = OlderWarning(list->ranges, made_.list.ranges);
  Made candidate = made_;
  candidate.read_list = *list;
  ReplaceList(&candidate, *std::move(list), now);
  if (absl::Status status = Take(std::move(candidate), How::kAlways, now); !status.ok()) return status;
  return Outcome::kTaken;
}

absl::StatusOr<ConfigSources::Outcome> ConfigSources::TrySecrets(How how, net::Clock::time_point now) {
  Made candidate = made_;
  const absl::Status broken = candidate.secrets.ReadAgain(how);
  // A broken source keeps its last value and does not block the others.
  const bool same = candidate.secrets.SameValues(made_.secrets);
  if (!same) {
    if (absl::Status status = Take(std::move(candidate), how, now); !status.ok()) return status;
  }
  if (!broken.ok()) {
    return made_.file->Locate(absl::Status(broken.code(), absl::StrCat("vpc_origin.", broken.message())));
  }
  return same ? Outcome::kSame : Outcome::kTaken;
}

absl::StatusOr<ConfigSources::Outcome> ConfigSources::TryCertificate(net::Clock::time_point now) {
  if (TlsText(*made_.tls_proto) == made_.tls_text) return Outcome::kSame;
  Made candidate = made_;
  candidate.tls_proto.reset();
  if (absl::Status status = Take(std::move(candidate), How::kAlways, now); !status.ok()) return status;
  return Outcome::kTaken;
}

ReloadResult ConfigSources::TakeFetched(absl::StatusOr<std::optional<filter::IpRanges>> fetched,
                                        net::Clock::time_point now) {
  ReloadResult result{.source = ReloadSource::kRefresh, .status = fetched.status(), .warning = {}};
  const bool list = fetched.ok() && fetched->has_value() && **fetched != made_.list.ranges;
  if (list && IsOlder(**fetched, made_.list.ranges)) {
    // It comes from some cache; nobody asked to go back to it.
    result.warning = OlderWarning(**fetched, made_.list.ranges) + ", and is left";
  } else if (list) {
    Made candidate = made_;
    ReplaceList(&candidate, {RangesSource::kFetched, **std::move(fetched)}, now);
    result.status = Take(std::move(candidate), How::kAlways, now);
  }
  const std::string before = std::exchange(refresh_failure_, std::string(result.status.message()));
  result.news = list || before != refresh_failure_;
  return result;
}

absl::Status ConfigSources::Take(Made candidate, How how, net::Clock::time_point now) {
  candidate.effective = candidate.proto;
  // This default depends on the machine and may have changed, but nobody asked for a change.
  if (made_.config != nullptr && candidate.proto.workers() == 0) {
    candidate.effective.set_workers(static_cast<std::uint32_t>(made_.config->workers));
  }
  if (!candidate.effective.has_listener_tls()) candidate.tls_proto.reset();
  absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(&candidate.effective, ReadersOf(&candidate, now));
  if (!config.ok()) return candidate.file->Locate(config.status());
  if (made_.config != nullptr) {
    absl::Status status = config->CheckReplaces(*made_.config);
    if (status.ok() && how == How::kIfChanged) status = CheckNotRelaxed(*config, *made_.config);
    if (!status.ok()) return candidate.file->Locate(status);
  }
  candidate.config = std::make_shared<const SidecarConfig>(*std::move(config));
  made_ = std::move(candidate);
  WatchFiles();
  return absl::OkStatus();
}

ConfigReaders ConfigSources::ReadersOf(Made* candidate, net::Clock::time_point now) {
  return {.policy_inputs = [=](const filter::v1::VpcOrigin& message) { return FollowPolicy(message, candidate, now); },
          .admin = [=](const admin::v1::AdminListener& message) { return FollowAdmin(message, candidate); },
          .tls_context = [=](const sidecar::v1::ListenerTls& message) { return FollowTls(message, candidate); }};
}

// Reads the files of `admin` only when `admin` itself changes, so that a broken file blocks nothing else.
absl::StatusOr<ops::AdminListener> ConfigSources::FollowAdmin(const admin::v1::AdminListener& message,
                                                              Made* candidate) {
  const auto& known = candidate->admin_proto;
  if (known.has_value() && MessageDifferencer::Equals(*known, message)) return candidate->admin;
  absl::StatusOr<ops::AdminListener> admin = ops::AdminListener::Create(message);
  if (!admin.ok()) return admin.status();
  candidate->admin = *admin;
  candidate->admin_proto = message;
  return admin;
}

absl::StatusOr<std::shared_ptr<const net::TlsContext>> ConfigSources::FollowTls(const sidecar::v1::ListenerTls& message,
                                                                                Made* candidate) {
  const auto& known = candidate->tls_proto;
  if (known.has_value() && known->certificate_file() == message.certificate_file() &&
      known->private_key_file() == message.private_key_file()) {
    return candidate->tls;
  }
  std::string text = TlsText(message);
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> tls = ReadTlsContext(message);
  if (!tls.ok()) return tls.status();
  candidate->tls = *tls;
  candidate->tls_text = std::move(text);
  candidate->tls_proto = message;
  return tls;
}

absl::StatusOr<filter::PolicyInputs> ConfigSources::FollowPolicy(const filter::v1::VpcOrigin& message, Made* candidate,
                                                                 net::Clock::time_point now) {
  const filter::v1::EdgeRanges& edges = message.edge_ranges();
  const bool fetched = candidate->list.source == RangesSource::kFetched;
  if (candidate->ranges_file != edges.file() || (fetched && !edges.has_refresh())) {
    absl::StatusOr<RangesList> list = ReadRangesList(edges.file());
    if (!list.ok()) return text::AtField("edge_ranges.file", absl::InvalidArgumentError(list.status().message()));
    candidate->read_list = *list;
    candidate->ranges_file = edges.file();
    // A fetched list is dropped when `refresh` is removed or when the file has a newer list.
    const bool keep = fetched && edges.has_refresh() && IsOlder(list->ranges, candidate->list.ranges);
    if (!keep) ReplaceList(candidate, *std::move(list), now);
  }
  candidate->refreshed = edges.has_refresh();
  absl::StatusOr<KnownSecrets> secrets = candidate->secrets.Follow(message.secret());
  if (!secrets.ok()) return secrets.status();
  candidate->secrets = *std::move(secrets);

  candidate->removed.Expire(now, text::ToChrono(edges.removal_grace()));
  filter::PolicyInputs inputs{candidate->list.ranges, candidate->secrets.values()};
  const std::vector<ip::AddressPrefix> removed = candidate->removed.prefixes();
  inputs.edge_ranges.prefixes.insert(inputs.edge_ranges.prefixes.end(), removed.begin(), removed.end());
  return inputs;
}

void ConfigSources::ReplaceList(Made* candidate, RangesList list, net::Clock::time_point now) {
  candidate->removed.Replace(candidate->list.ranges.prefixes, list.ranges.prefixes, now);
  candidate->list = std::move(list);
}

void ConfigSources::WatchFiles() {
  files(ReloadSource::kConfig).Watch(config_source_.files());
  files(ReloadSource::kRanges)
      .Watch(made_.ranges_file->empty() ? std::vector<std::string>() : std::vector<std::string>{*made_.ranges_file});
  files(ReloadSource::kSecrets).Watch(made_.secrets.files());
  const auto& tls = made_.tls_proto;
  files(ReloadSource::kCertificate)
      .Watch(tls.has_value() ? std::vector{tls->certificate_file(), tls->private_key_file()}
                             : std::vector<std::string>());
  if (!made_.refreshed) refresh_failure_.clear();
}

}  // namespace viaduct::sidecar
