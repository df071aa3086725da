#include "origin/broker/redis/client/redis_reply.h"

#include <hiredis/read.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace viaduct::origin {
namespace {

// The number of elements in one reply, including nested arrays.
constexpr std::size_t kMaxElements = std::size_t{1} << 17;

// The state of the reply that is being read.
struct Held {
  std::size_t bytes = 0;
  std::size_t elements = 0;
  std::size_t max_bytes = 0;
};

// Returns the place that hiredis fills: an element of the enclosing array, or the reply itself.
RedisReply* PlaceOf(const redisReadTask* task) {
  if (task->parent == nullptr) return new RedisReply;
  return &static_cast<RedisReply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
}

Held* HeldOf(const redisReadTask* task) { return static_cast<Held*>(task->privdata); }

// The functions below return nullptr if the reply exceeds a limit.
void* MakeText(const redisReadTask* task, char* text, std::size_t size) {
  Held* const held = HeldOf(task);
  held->bytes += size;
  if (held->bytes > held->max_bytes) return nullptr;
  RedisReply* const reply = PlaceOf(task);
  reply->kind = task->type == REDIS_REPLY_ERROR    ? RedisReply::Kind::kError
                : task->type == REDIS_REPLY_STATUS ? RedisReply::Kind::kStatus
                                                   : RedisReply::Kind::kText;
  reply->text.assign(text, size);
  return reply;
}

void* MakeArray(const redisReadTask* task, int elements) {
  Held* const held = HeldOf(task);
  held->elements += static_cast<std::size_t>(elements);
  if (held->elements > kMaxElements) return nullptr;
  RedisReply* const reply = PlaceOf(task);
  reply->kind = RedisReply::Kind::kArray;
  reply->elements.resize(static_cast<std::size_t>(elements));
  return reply;
}

void* MakeInteger(const redisReadTask* task, long long value) {
  RedisReply* const reply = PlaceOf(task);
  reply->kind = RedisReply::Kind::kInteger;
  reply->integer = value;
  return reply;
}

void* MakeNil(const redisReadTask* task) { return PlaceOf(task); }

void FreeReply(void* reply) { delete static_cast<RedisReply*>(reply); }

redisReplyObjectFunctions* Functions() {
  static redisReplyObjectFunctions functions{MakeText, MakeArray, MakeInteger, MakeNil, FreeReply};
  return &functions;
}

}  // namespace

void RedisReplyReader::Free::operator()(redisReader* reader) const {
  delete static_cast<Held*>(reader->privdata);
  redisReaderFree(reader);
}

RedisReplyReader::RedisReplyReader(std::size_t max_reply_bytes)
    : max_reply_bytes_(max_reply_bytes), reader_(redisReaderCreateWithFunctions(Functions())) {
  reader_->privdata = new Held{.max_bytes = max_reply_bytes};
}

RedisReplyReader::~RedisReplyReader() = default;

absl::Status RedisReplyReader::Feed(std::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return absl::DataLossError(reader_->errstr);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RedisReply>> RedisReplyReader::Next() {
  Held* const held = static_cast<Held*>(reader_->privdata);
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
    if (held->bytes > held->max_bytes || held->elements > kMaxElements) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a reply of more than ", max_reply_bytes_, " bytes or ", kMaxElements, " elements"));
    }
    return absl::DataLossError(reader_->errstr);
  }
  if (object == nullptr) {
    // The functions above see a long text only when it is complete.
    if (held->bytes + (reader_->len - reader_->pos) > max_reply_bytes_ + REDIS_READER_MAX_BUF) {
      return absl::ResourceExhaustedError(absl::StrCat("a reply of more than ", max_reply_bytes_, " bytes"));
    }
    return std::nullopt;
  }
  held->bytes = held->elements = 0;
  const std::unique_ptr<RedisReply> reply(static_cast<RedisReply*>(object));
  return std::optional<RedisReply>(std::move(*reply));
}

}  // namespace viaduct::origin
