#include "tests/websocket/transcript.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/require.h"
#include "websocket/close_code.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/frame_scanner.h"
#include "websocket/inflater.h"
#include "websocket/mask.h"
#include "websocket/message_reader.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

std::string Name(Opcode opcode) {
  switch (opcode) {
    case Opcode::kContinuation:
      return "continuation";
    case Opcode::kText:
      return "text";
    case Opcode::kBinary:
      return "binary";
    case Opcode::kClose:
      return "close";
    case Opcode::kPing:
      return "ping";
    case Opcode::kPong:
      return "pong";
  }
  return "reserved";
}

// Returns true for pings and pongs, which scanner and reader report alike, so that they can be compared.
bool IsPingOrPong(std::string_view event) { return event.starts_with("ping") || event.starts_with("pong"); }

class ScanWriter {
 public:
  ScanWriter(Sender sender, Rsv1 rsv1) : scanner_(sender, rsv1) {}

  void Feed(std::string_view piece) {
    held_.append(piece);
    while (!transcript_.ended) {
      const std::vector<char> exact(held_.begin(), held_.end());
      const std::string_view bytes(exact.data(), exact.size());
      const FrameScanner::Piece found = scanner_.Next(bytes);
      Require(found.size <= bytes.size(), "a piece lies inside the input");
      if (found.kind == FrameScanner::Piece::Kind::kNeedMore) {
        Require(found.size == 0, "need more consumes nothing");
        Require(bytes.size() < FrameScanner::kMaxHeldBytes, "few bytes stay unconsumed");
        return;
      }
      Note(found, bytes);
      held_.erase(0, found.size);
      transcript_.consumed += found.size;
    }
  }

  Transcript Finish() {
    NoteData();
    transcript_.events.push_back(std::to_string(scanner_.data_frames()) + " data frames, " +
                                 (scanner_.at_frame_boundary() ? "at a boundary" : "inside a frame"));
    return transcript_;
  }

 private:
  void Note(const FrameScanner::Piece& found, std::string_view bytes) {
    if (found.kind == FrameScanner::Piece::Kind::kData) {
      Require(found.size > 0, "data is not empty");
      data_ += found.size;
      return;
    }
    Require(scanner_.at_frame_boundary(), "control frames and errors stand at frame boundaries");
    NoteData();
    if (found.kind == FrameScanner::Piece::Kind::kError) {
      Require(found.size == 0, "an error consumes nothing");
      Require(scanner_.Next(bytes).kind == FrameScanner::Piece::Kind::kError, "an error stays");
      transcript_.events.push_back("error " + std::string(kFrameErrors.Name(found.error)));
      transcript_.error = found.error;
      transcript_.ended = true;
      return;
    }
    std::string payload(bytes.substr(found.header_size, found.size - found.header_size));
    if (found.masked) ApplyMask(payload.data(), payload.size(), found.mask, 0);
    transcript_.events.push_back(Name(found.opcode) + " " + payload);
  }

  void NoteData() {
    if (data_ > 0) transcript_.events.push_back("data " + std::to_string(data_) + " bytes");
    data_ = 0;
  }

  FrameScanner scanner_;
  std::string held_;
  std::size_t data_ = 0;
  Transcript transcript_;
};

class ReadWriter {
 public:
  ReadWriter(Sender sender, MessageReader::Limits limits, Inflater* inflater) : reader_(sender, limits, inflater) {}

  void Feed(std::string_view piece) {
    held_.append(piece);
    std::vector<char> exact(held_.begin(), held_.end());
    std::span<char> bytes(exact);
    while (!transcript_.ended) {
      const std::size_t before = bytes.size();
      const MessageReader::Event event = reader_.Next(bytes);
      Require(bytes.size() <= before, "bytes only advance");
      transcript_.consumed += before - bytes.size();
      if (event.kind == MessageReader::Event::Kind::kNeedMore) break;
      Note(event);
    }
    if (transcript_.ended) {
      Require(reader_.Next(bytes).kind == MessageReader::Event::Kind::kNeedMore, "nothing is read after the end");
      Require(bytes.empty(), "after the end, bytes are discarded");
      Require(!reader_.in_message(), "after the end, no message is open");
    }
    Require(bytes.size() < kMaxFrameHeaderBytes, "only an incomplete header stays unconsumed");
    held_.assign(bytes.data(), bytes.size());
  }

  Transcript Finish() {
    if (!transcript_.ended) transcript_.events.push_back(reader_.in_message() ? "inside a message" : "no message open");
    return transcript_;
  }

 private:
  void Note(const MessageReader::Event& event) {
    const std::string payload(event.payload);
    switch (event.kind) {
      case MessageReader::Event::Kind::kMessage:
        transcript_.events.push_back("message " + Name(event.opcode) + " " + payload);
        break;
      case MessageReader::Event::Kind::kPing:
        transcript_.events.push_back("ping " + payload);
        break;
      case MessageReader::Event::Kind::kPong:
        transcript_.events.push_back("pong " + payload);
        break;
      case MessageReader::Event::Kind::kClose:
        transcript_.events.push_back("close " + std::to_string(event.close_code) + " " +
                                     std::string(event.close_reason));
        transcript_.ended = true;
        break;
      case MessageReader::Event::Kind::kError:
        Require(event.close_code == CloseCodeFor(event.error), "an error comes with its close code");
        transcript_.events.push_back("error " + std::string(kFrameErrors.Name(event.error)));
        transcript_.error = event.error;
        transcript_.ended = true;
        break;
      case MessageReader::Event::Kind::kNeedMore:
        break;
    }
  }

  MessageReader reader_;
  std::string held_;
  Transcript transcript_;
};

bool SeenInHeaders(FrameError error) { return error < FrameError::kInvalidUtf8; }

std::vector<std::string> PingsAndPongs(const Transcript& transcript) {
  std::vector<std::string> found;
  std::copy_if(transcript.events.begin(), transcript.events.end(), std::back_inserter(found), IsPingOrPong);
  return found;
}

}  // namespace

Pieces Whole(std::string_view stream) { return {stream}; }

Pieces ByteByByte(std::string_view stream) {
  Pieces pieces;
  for (std::size_t i = 0; i < stream.size(); ++i) pieces.push_back(stream.substr(i, 1));
  return pieces;
}

Pieces CutAt(std::string_view stream, std::size_t position) {
  return {stream.substr(0, position), stream.substr(position)};
}

Pieces CutRandomly(std::string_view stream, std::mt19937& random) {
  Pieces pieces;
  while (!stream.empty()) {
    // Short pieces cut headers, long ones cut payloads.
    const std::size_t longest = random() % 2 == 0 ? 8 : 300;
    const std::size_t size = std::min<std::size_t>(random() % (longest + 1), stream.size());
    pieces.push_back(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  return pieces;
}

Transcript Scan(const Pieces& pieces, Sender sender, Rsv1 rsv1) {
  ScanWriter writer(sender, rsv1);
  for (const std::string_view piece : pieces) writer.Feed(piece);
  return writer.Finish();
}

Transcript Read(const Pieces& pieces, Sender sender, MessageReader::Limits limits, Inflater* inflater) {
  ReadWriter writer(sender, limits, inflater);
  for (const std::string_view piece : pieces) writer.Feed(piece);
  return writer.Finish();
}

std::string Disagreement(std::string_view stream, Sender sender) {
  const Transcript read = Read(Whole(stream), sender, kNoLimits);
  const Transcript scanned = Scan(Whole(stream), sender, Rsv1::kRefused);
  const std::vector<std::string> read_controls = PingsAndPongs(read);
  const std::vector<std::string> scanned_controls = PingsAndPongs(scanned);

  const bool ended_by_payload = read.ended && !(read.error && SeenInHeaders(*read.error));
  if (ended_by_payload) {
    if (scanned.consumed < read.consumed) return "the scanner stops before the reader";
    if (scanned_controls.size() < read_controls.size() ||
        !std::equal(read_controls.begin(), read_controls.end(), scanned_controls.begin())) {
      return "the scanner finds other control frames before the reader's end";
    }
    return "";
  }
  if (scanned.error != read.error) return "different errors";
  if (read.error && scanned.consumed != read.consumed) return "the same error at different places";
  if (scanned_controls != read_controls) return "different control frames";
  return "";
}

}  // namespace viaduct::websocket
