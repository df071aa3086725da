#include "ops/config/config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {
namespace {

using ops_test::Sample;

// Returns the error's message, or "" if the text is a valid config.
std::string ErrorOf(std::string_view text) {
  Sample sample;
  return std::string(ConfigFile::Parse("c.yaml", text, &sample).status().message());
}

TEST(ConfigFileTest, ErrorsTellPlacePathValueAndRule) {
  struct Case {
    std::string_view text;
    std::string_view error;
  };
  const Case cases[] = {
      // Scalars.
      {"flag: yes", R"(c.yaml:1:7: flag: "yes": expected true or false)"},
      {"flag: TRUE", R"(c.yaml:1:7: flag: "TRUE": expected true or false)"},
      {"small: 1.5", R"(c.yaml:1:8: small: "1.5": expected a whole number from -2147483648 to 2147483647)"},
      {"small: 2147483648",
       R"(c.yaml:1:8: small: "2147483648": expected a whole number from -2147483648 to 2147483647)"},
      {"small: 010", R"(c.yaml:1:8: small: "010": expected a whole number from -2147483648 to 2147483647)"},
      {"small: 0x10", R"(c.yaml:1:8: small: "0x10": expected a whole number from -2147483648 to 2147483647)"},
      {"small: ''", R"(c.yaml:1:8: small: "": expected a whole number from -2147483648 to 2147483647)"},
      {"large: 1e3",
       R"(c.yaml:1:8: large: "1e3": expected a whole number from -9223372036854775808 to 9223372036854775807)"},
      {"count: -1", R"(c.yaml:1:8: count: "-1": expected a whole number from 0 to 4294967295)"},
      {"count: 4294967296", R"(c.yaml:1:8: count: "4294967296": expected a whole number from 0 to 4294967295)"},
      {"count: 10k", R"(c.yaml:1:8: count: "10k": expected a whole number from 0 to 4294967295)"},
      {"total: +1", R"(c.yaml:1:8: total: "+1": expected a whole number from 0 to 18446744073709551615)"},
      {"ratio: 1e39", R"(c.yaml:1:8: ratio: "1e39": expected a number)"},
      {"weight: heavy", R"(c.yaml:1:9: weight: "heavy": expected a number)"},
      {"weight: .nan", R"(c.yaml:1:9: weight: ".nan": expected a number)"},
      {"weight: inf", R"(c.yaml:1:9: weight: "inf": expected a number)"},
      {"raw: '*'", R"(c.yaml:1:6: raw: "*": expected base64)"},
      {"text: [a]", "c.yaml:1:7: text: expected text, not a list"},
      {"text: {a: b}", "c.yaml:1:7: text: expected text, not a mapping"},
      {"maybe_count: x", R"(c.yaml:1:14: maybe_count: "x": expected a whole number from 0 to 4294967295)"},
      {"count: \"a\\n\\e\"", R"(c.yaml:1:8: count: "a\n\u001b": expected a whole number from 0 to 4294967295)"},
      // Enums.
      {"color: blue", R"(c.yaml:1:8: color: "blue": expected one of RED, DARK_GREEN)"},
      {"color: COLOR_UNSPECIFIED", R"(c.yaml:1:8: color: "COLOR_UNSPECIFIED": expected one of RED, DARK_GREEN)"},
      {"color: 1", R"(c.yaml:1:8: color: "1": expected one of RED, DARK_GREEN)"},
      {"only: two", R"(c.yaml:1:7: only: "two": expected THE_ONE)"},
      {"colors: [red, pink]", R"(c.yaml:1:15: colors[1]: "pink": expected one of RED, DARK_GREEN)"},
      {"color: [red]", "c.yaml:1:8: color: expected one of RED, DARK_GREEN, not a list"},
      // Durations.
      {"pause: 10", R"(c.yaml:1:8: pause: "10": a unit is missing, such as in 250ms, 25s, 10m or 1h)"},
      {"pause: -1s", R"(c.yaml:1:8: pause: "-1s": a duration may not be negative)"},
      {"pause: soon", R"(c.yaml:1:8: pause: "soon": expected whole numbers with units, the larger first, )"
                      "such as 250ms, 25s, 10m or 1m30s"},
      {"pause: 99999h", R"(c.yaml:1:8: pause: "99999h": longer than 87600h)"},
      {"pause: {seconds: 1}", "c.yaml:1:8: pause: expected a duration such as 250ms, 25s, 10m or 1m30s, not a mapping"},
      {"pauses:\n- 1s\n- 2\n", R"(c.yaml:3:3: pauses[1]: "2": a unit is missing, such as in 250ms, 25s, 10m or 1h)"},
      // Messages and lists.
      {"inner: x", "c.yaml:1:8: inner: expected a mapping, not a text"},
      {"inner: []", "c.yaml:1:8: inner: expected a mapping, not a list"},
      {"inner:\n  timeout: 5\n",
       R"(c.yaml:2:12: inner.timeout: "5": a unit is missing, such as in 250ms, 25s, 10m or 1h)"},
      {"names: a", "c.yaml:1:8: names: expected a list, not a text"},
      {"names: {a: b}", "c.yaml:1:8: names: expected a list, not a mapping"},
      {"names:\n  - a\n  -\n  - c\n", "c.yaml:2:3: names[1]: empty list item"},
      {"names: [a, ~]", "c.yaml:1:8: names[1]: empty list item"},
      {"names: [a, [b]]", "c.yaml:1:12: names[1]: expected text, not a list"},
      {"numbers: [1, 2, x]", R"(c.yaml:1:17: numbers[2]: "x": expected a whole number from -2147483648 to 2147483647)"},
      {"inners:\n  - name: a\n  - nam: b\n", R"(c.yaml:3:5: inners[1].nam: unknown field; did you mean "name"?)"},
      {"inners:\n  - a\n", "c.yaml:2:5: inners[0]: expected a mapping, not a text"},
      // Maps.
      {"labels: x", "c.yaml:1:9: labels: expected a mapping, not a text"},
      {"labels: [x]", "c.yaml:1:9: labels: expected a mapping, not a list"},
      {"labels: {a: [b]}", "c.yaml:1:13: labels[\"a\"]: expected text, not a list"},
      {"labels: {a: b, a: c}", "c.yaml:1:16: labels[\"a\"]: already given on line 1"},
      {"by_number: {x: {}}",
       R"(c.yaml:1:13: by_number["x"]: key: expected a whole number from -2147483648 to 2147483647)"},
      {"by_number: {1: {naem: b}}", R"(c.yaml:1:17: by_number["1"].naem: unknown field; did you mean "name"?)"},
      {"by_flag: {maybe: 1s}", R"(c.yaml:1:11: by_flag["maybe"]: key: expected true or false)"},
      {"labels: {? [a] : b}", "c.yaml:1:12: labels: expected a name before \":\""},
      // Names.
      {"txet: a", R"(c.yaml:1:1: txet: unknown field; did you mean "text"?)"},
      {"inner:\n  color: red\n",
       "c.yaml:2:3: inner.color: unknown field; expected one of name, timeout, inner, items, labels"},
      {"maybeCount: 1", R"(c.yaml:1:1: maybeCount: unknown field; did you mean "maybe_count"?)"},
      {"inner: {\"two words\": 1}",
       "c.yaml:1:9: inner[\"two words\"]: unknown field; expected one of name, timeout, inner, items, labels"},
      {"inner: {<<: {name: a}}",
       "c.yaml:1:9: inner[\"<<\"]: unknown field; expected one of name, timeout, inner, items, labels"},
      {"text: a\ncount: 1\ntext: b\n", "c.yaml:3:1: text: already given on line 1"},
      {"text:\ntext:\n", "c.yaml:2:1: text: already given on line 1"},
      {"inner:\n  name: a\n  name: a\n", "c.yaml:3:3: inner.name: already given on line 2"},
      {"[a]: b", "c.yaml:1:1: expected a name before \":\""},
      {"path: a\nobject: {}\n", R"(c.yaml:2:1: object: may not be given together with "path")"},
      // The whole document.
      {"just text", "c.yaml:1:1: expected a mapping, not a text"},
      {"- a", "c.yaml:1:1: expected a mapping, not a list"},
      {"text: a\n---\ntext: b\n", "c.yaml:2:1: a second document is not allowed"},
      {"text: !!str 5", "c.yaml:1:7: tags are not allowed"},
      {"text: \"\xff\"", "c.yaml:1:8: not UTF-8"},
      {"text: a\ninner: \"\x01\"", "c.yaml:2:9: control characters are not allowed"},
      // The first problem counts.
      {"count: x\nflag: y\nnope: z\n", R"(c.yaml:1:8: count: "x": expected a whole number from 0 to 4294967295)"},
      // YAML.
      {"text: a: b", "c.yaml:1:8: not YAML: illegal map value"},
      {"inner:\n\tname: a\n", "c.yaml:2:6: not YAML: a tab may not indent"},
      {"text: \"abc", "c.yaml:1:11: not YAML: illegal EOF in scalar"},
      {"text: a\nnames: [a\n", "c.yaml:2:8: not YAML: end of sequence flow not found"},
      {"inner: {name: a\n", "c.yaml:1:8: not YAML: end of map flow not found"},
      {"text: @", "c.yaml:1:7: not YAML: unknown token"},
      {"text: *a", "c.yaml:1:7: not YAML: the referenced anchor is not defined"},
      {"inners: &a [*a]", "c.yaml:1:13: an alias may not stand inside its own anchor"},
      {"inner: &a {inner: {inner: *a}}", "c.yaml:1:27: an alias may not stand inside its own anchor"},
  };
  for (const Case& c : cases) EXPECT_EQ(ErrorOf(c.text), c.error) << c.text;
}

TEST(ConfigFileTest, ReadsEveryKindOfField) {
  Sample sample;
  const auto file = ConfigFile::Parse("c.yaml", R"(
# Comments are no values.
text: 10.0.0.0/8
raw: AAEC/w==
flag: true
small: -2147483648
large: 9223372036854775807
count: "4294967295"
total: 18446744073709551615
ratio: 0.5
weight: 1e-3
color: dark_green
only: THE_ONE
pause: 1m30s
inner:
  name: a b
  inner: {inner: {timeout: 0s}}
names: [a, "", 'null', 3, off]
numbers:
- 1
- -2
colors: [Red, red]
pauses: [1s, 250ms]
inners:
  - {}
  - name: second
    items: [x]
labels: {k: v, "a.b": '', gone: ~}
by_number: {-7: {name: seven}}
by_flag: {true: 1h}
maybe_count: 0
maybe_text: ""
object: {}
zigzag: -1
fixed: 0
)",
                                      &sample);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(sample.text(), "10.0.0.0/8");
  EXPECT_EQ(sample.raw(), std::string("\0\1\2\xff", 4));
  EXPECT_TRUE(sample.flag());
  EXPECT_EQ(sample.small(), -2147483647 - 1);
  EXPECT_EQ(sample.large(), 9223372036854775807);
  EXPECT_EQ(sample.count(), 4294967295);
  EXPECT_EQ(sample.total(), 18446744073709551615u);
  EXPECT_EQ(sample.ratio(), 0.5f);
  EXPECT_EQ(sample.weight(), 1e-3);
  EXPECT_EQ(sample.color(), ops_test::DARK_GREEN);
  EXPECT_EQ(sample.only(), ops_test::THE_ONE);
  EXPECT_EQ(sample.pause().seconds(), 90);
  EXPECT_EQ(sample.inner().name(), "a b");
  EXPECT_TRUE(sample.inner().inner().inner().has_timeout());
  EXPECT_EQ(sample.names_size(), 5);
  EXPECT_EQ(sample.names(1), "");
  EXPECT_EQ(sample.names(2), "null");
  EXPECT_EQ(sample.names(4), "off");
  EXPECT_EQ(sample.numbers(1), -2);
  EXPECT_EQ(sample.colors_size(), 2);
  EXPECT_EQ(sample.colors(1), ops_test::RED);
  EXPECT_EQ(sample.pauses(1).nanos(), 250'000'000);
  ASSERT_EQ(sample.inners_size(), 2);
  EXPECT_EQ(sample.inners(1).items(0), "x");
  EXPECT_EQ(sample.labels_size(), 2);
  EXPECT_EQ(sample.labels().at("a.b"), "");
  EXPECT_EQ(sample.by_number().at(-7).name(), "seven");
  EXPECT_EQ(sample.by_flag().at(true).seconds(), 3600);
  EXPECT_TRUE(sample.has_maybe_count());
  EXPECT_TRUE(sample.has_maybe_text());
  EXPECT_TRUE(sample.has_object());
  EXPECT_EQ(sample.zigzag(), -1);
}

TEST(ConfigFileTest, WithoutValuesNothingIsSet) {
  for (const std::string_view text : {"", "\n", "# only a comment\n", "---\n", "{}", "~", "---\n...\n", "\xef\xbb\xbf",
                                      "text:\nflag: ~\ninner: null\nnames:\nlabels:\nmaybe_count:\nmaybe_text: Null\n"
                                      "pause:\npath:\nobject:\n"}) {
    Sample sample;
    sample.set_text("of before");
    const auto file = ConfigFile::Parse("c.yaml", text, &sample);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(sample.ByteSizeLong(), 0u) << text;
  }
}

TEST(ConfigFileTest, AnUnsetMemberLeavesTheOneofToTheOther) {
  Sample sample;
  ASSERT_TRUE(ConfigFile::Parse("c.yaml", "path:\nobject: {name: a}\n", &sample).ok());
  EXPECT_EQ(sample.object().name(), "a");
}

TEST(ConfigFileTest, AliasesRepeatTheirAnchor) {
  Sample sample;
  const auto file =
      ConfigFile::Parse("c.yaml", "inner: &a {name: x}\ninners: [*a, *a]\ntext: &t y\nmaybe_text: *t\n", &sample);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(sample.inners(1).name(), "x");
  EXPECT_EQ(sample.maybe_text(), "y");
}

TEST(ConfigFileTest, OnAnErrorTheMessageIsAsItWas) {
  Sample sample;
  sample.set_text("of before");
  EXPECT_FALSE(ConfigFile::Parse("c.yaml", "text: new\nflag: maybe\n", &sample).ok());
  EXPECT_EQ(sample.text(), "of before");
  EXPECT_FALSE(sample.flag());
}

TEST(ConfigFileTest, LongValuesAreCutInErrors) {
  const std::string value(200, 'x');
  EXPECT_EQ(ErrorOf("flag: " + value), "c.yaml:1:7: flag: \"" + std::string(80, 'x') + "...\": expected true or false");
  EXPECT_EQ(ErrorOf("flag: x" + std::string(79, 'y') + "\xe3\x81\x82"),
            "c.yaml:1:7: flag: \"x" + std::string(79, 'y') + "...\": expected true or false");
}

TEST(ConfigFileTest, AnAliasBombIsRefused) {
  // A thousand items, two hundred times.
  std::string bomb = "inners:\n- {items: &i [";
  for (int i = 0; i < 1000; ++i) bomb += "a,";
  bomb += "a]}\n";
  for (int i = 0; i < 200; ++i) bomb += "- {items: *i}\n";
  EXPECT_EQ(ErrorOf(bomb), "c.yaml:2:1617: inners[99].items[801]: more than 100000 values in the file");
}

TEST(ConfigFileTest, AnAliasBombWithoutValuesIsRefused) {
  std::string bomb = "inners:\n- {labels: &l {";
  for (int i = 0; i < 1000; ++i) bomb += "k" + std::to_string(i) + ": ,";
  bomb += "}}\n";
  for (int i = 0; i < 200; ++i) bomb += "- {labels: *l}\n";
  EXPECT_NE(ErrorOf(bomb).find("]: more than 100000 values in the file"), std::string::npos);
}

TEST(ConfigFileTest, ALongTextRepeatedByAliasesIsRefused) {
  std::string bomb = "names:\n- &a " + std::string(1 << 19, 'x') + "\n";
  for (int i = 0; i < 1000; ++i) bomb += "- *a\n";
  EXPECT_EQ(ErrorOf(bomb), "c.yaml:2:3: names[4]: more than 2 MiB of text in the file");
}

TEST(ConfigFileTest, SizeIsBounded) {
  const std::string comment = "#" + std::string((1 << 20) - 1, 'x');
  EXPECT_EQ(ErrorOf(comment), "");
  EXPECT_EQ(ErrorOf(comment + "x"), "c.yaml: longer than 1 MiB");
}

TEST(ConfigFileTest, NestingIsBounded) {
  std::string text = "inner: ";
  for (int i = 0; i < 30; ++i) text += "{inner: ";
  const std::string end(30, '}');
  EXPECT_EQ(ErrorOf(text + "{}" + end), "");
  EXPECT_EQ(ErrorOf(text + "{inner: {}}" + end).substr(0, 18), "c.yaml:1:256: inne");
  EXPECT_NE(ErrorOf(text + "{inner: {}}" + end).find(".inner: nested too deeply"), std::string::npos);
  EXPECT_EQ(ErrorOf(std::string(100'000, '[')), "c.yaml:1:1: nested too deeply");
}

TEST(ConfigFileTest, AMapKeyIsBounded) {
  EXPECT_EQ(ErrorOf("labels: {" + std::string(256, 'k') + ": v}"), "");
  EXPECT_EQ(ErrorOf("labels: {" + std::string(257, 'k') + ": v}"),
            "c.yaml:1:10: labels[\"" + std::string(80, 'k') + "...\"]: key longer than 256 bytes");
}

TEST(ConfigFileTest, LoadsAFile) {
  const std::string path = testing::TempDir() + "/load.yaml";
  std::ofstream(path) << "text: a\ncount: 1\n";
  Sample sample;
  ASSERT_TRUE(ConfigFile::Load(path, &sample).ok());
  EXPECT_EQ(sample.text(), "a");
  std::ofstream(path) << "cuont: 1\n";
  EXPECT_EQ(ConfigFile::Load(path, &sample).status().message(),
            path + ":1:1: cuont: unknown field; did you mean \"count\"?");
}

TEST(ConfigFileTest, TellsWhyAFileCannotBeRead) {
  Sample sample;
  const std::string directory = testing::TempDir() + "/directory.yaml";
  ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  EXPECT_EQ(ConfigFile::Load("/nowhere/a.yaml", &sample).status().message(),
            "/nowhere/a.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(ConfigFile::Load(directory, &sample).status().message(), directory + ": cannot be read: Is a directory");
}

TEST(ConfigFileTest, AnEndlessFileIsRefused) {
  Sample sample;
  EXPECT_EQ(ConfigFile::Load("/dev/zero", &sample).status().message(), "/dev/zero: longer than 1 MiB");
}

TEST(ConfigFileTest, LocatesErrorsThatAreFoundLater) {
  constexpr std::string_view kText = R"(# A comment first.
text: a
inner:
  name: b
  items:
    - one
    -   two
names: [x, y]
inners:
  - name: c
    inner:
      name: d
labels:
  "a.b": v
pause:
object:
)";
  Sample sample;
  const auto file = ConfigFile::Parse("c.yaml", kText, &sample);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::pair<std::string_view, std::string_view> cases[] = {
      // Fields that the file has.
      {R"(text: "a": too short)", "2:7"},
      {"inner.name: rule", "4:9"},
      {"inner.items[0]: rule", "6:7"},
      {"inner.items[1]: rule", "7:9"},
      {"inner.items: rule", "5:3"},
      {"inner: rule", "3:1"},
      {"names[1]: rule", "8:12"},
      {"inners[0]: rule", "10:5"},
      {"inners[0].inner.name: rule", "12:13"},
      {R"(labels["a.b"]: rule)", "14:10"},
      {"pause: rule", "15:1"},
      // Fields that it lacks: the error is at the nearest field that it has.
      {"inner.timeout: rule", "3:1"},
      {"inner.inner.inner.name: rule", "3:1"},
      {"inner.items[2]: rule", "5:3"},
      {"inners[0].inner.timeout: rule", "11:5"},
      {"inners[1].name: rule", "9:1"},
      {R"(labels["a"]: rule)", "13:1"},
      {"object.name: rule", "16:1"},
      {"count: rule", "2:1"},
      {"tex: rule", "2:1"},
      {"texts: rule", "2:1"},
      {"inner_: rule", "2:1"},
  };
  for (const auto& [message, place] : cases) {
    const absl::Status located = file->Locate(absl::InvalidArgumentError(std::string(message)));
    EXPECT_EQ(located.message(), "c.yaml:" + std::string(place) + ": " + std::string(message));
  }
}

TEST(ConfigFileTest, AnErrorWithoutAPathGetsTheNameOnly) {
  Sample sample;
  const auto file = ConfigFile::Parse("c.yaml", "text: a\n", &sample);
  ASSERT_TRUE(file.ok());
  for (const std::string message : {"", "something is wrong", "the text: wrong", ": wrong", "text", "text:"}) {
    EXPECT_EQ(file->Locate(absl::InvalidArgumentError(message)).message(), "c.yaml: " + message);
  }
}

TEST(ConfigFileTest, AMissingFieldOfAnEmptyFileStandsAtItsBeginning) {
  Sample sample;
  const auto file = ConfigFile::Parse("c.yaml", "", &sample);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->Locate(absl::InvalidArgumentError("inner.name: is required")).message(),
            "c.yaml:1:1: inner.name: is required");
}

TEST(ConfigFileTest, LocateKeepsTheCode) {
  Sample sample;
  const auto file = ConfigFile::Parse("c.yaml", "text: a\n", &sample);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Locate(absl::OkStatus()).ok());
  EXPECT_EQ(file->Locate(absl::NotFoundError("text: gone")).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace viaduct::ops
