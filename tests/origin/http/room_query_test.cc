#include "origin/http/room_query.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::origin {
namespace {

struct Row {
  std::string target;
  std::string read;  // "room|since", "room|" without since, "room|since|name" with a name; or the refusal
};

std::string Read(std::string_view target) {
  RoomQuery query;
  const auto refusal = ReadRoomQuery(target, &query);
  if (refusal) return std::string(kUpgradeRefusals.Name(*refusal));
  return query.room + "|" + (query.since ? "since=" + *query.since : "") + (query.name.empty() ? "" : "|" + query.name);
}

TEST(RoomQueryTest, EachQueryIsReadOrRefused) {
  const std::string longest(64, 'a');
  for (const Row& row : {
           Row{"/websocket", "|"},
           Row{"/websocket?", "|"},
           Row{"/websocket?x=1&&y", "|"},
           Row{"/websocket?room", "|"},
           Row{"/websocket?room=", "|"},
           Row{"/websocket?room=A-z.0_~", "A-z.0_~|"},
           Row{"/websocket?room=%41%2d%7E", "A-~|"},
           Row{"/websocket?r%6Fom=a", "a|"},
           Row{"/websocket?Room=a", "|"},
           Row{"/websocket?room=" + longest, longest + "|"},
           Row{"/websocket?room=a&since=", "a|since="},
           Row{"/websocket?since", "|since="},
           Row{"/websocket?since=0f-12&room=b&x=%zz", "b|since=0f-12"},
           Row{"/websocket?since=1700000000000-0", "|since=1700000000000-0"},
           Row{"/websocket?since=" + longest, "|since=" + longest},
           Row{"/websocket?since=last-50", "|since=last-50"},
           Row{"/websocket?since=&name=Ada%20L.", "|since=|Ada L."},
           Row{"/websocket?name=%e6%84%9b&since=", "|since=|愛"},
           Row{"/websocket?since=&name=", "|since="},
           // The plain protocol knows no names.
           Row{"/websocket?name=Ada", "|"},
           Row{"/websocket?name=%00&name=", "|"},
           Row{"/websocket?since=&name=a&name=a", "bad_name"},
           Row{"/websocket?since=&name=a&name=", "bad_name"},
           Row{"/websocket?since=&name=%ff", "bad_name"},
           Row{"/websocket?since=&name=%e2%80%ae", "bad_name"},
           Row{"/websocket?since=&name=" + longest + longest + "a", "bad_name"},
           Row{"/websocket?room=a/b", "bad_room"},
           Row{"/websocket?room=a?b", "bad_room"},
           Row{"/websocket?room=a=b", "bad_room"},
           Row{"/websocket?room=a+b", "bad_room"},
           Row{"/websocket?room=a%20b", "bad_room"},
           Row{"/websocket?room=%00", "bad_room"},
           Row{"/websocket?room=%e3%81%82", "bad_room"},
           Row{"/websocket?room=%", "bad_room"},
           Row{"/websocket?room=%4", "bad_room"},
           Row{"/websocket?room=%4g", "bad_room"},
           Row{"/websocket?room=%2541", "bad_room"},
           Row{"/websocket?room=" + longest + "a", "bad_room"},
           Row{"/websocket?room=a&room=a", "bad_room"},
           Row{"/websocket?room=&room=", "bad_room"},
           Row{"/websocket?since=a~", "bad_since"},
           Row{"/websocket?since=a%0ab", "bad_since"},
           Row{"/websocket?since=" + longest + "a", "bad_since"},
           Row{"/websocket?since&since=1-1", "bad_since"},
       }) {
    EXPECT_EQ(Read(row.target), row.read) << row.target;
  }
}

}  // namespace
}  // namespace viaduct::origin
