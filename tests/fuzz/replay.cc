// Runs a fuzz target on every file of the corpus directories given as arguments. Fails when there is none.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// The files run, or -1 if one could not be read.
int Replay(const char* directory) {
  std::error_code error;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
      std::fprintf(stderr, "%s: cannot be read\n", entry.path().c_str());
      return -1;
    }
    std::printf("%s: %zu bytes\n", entry.path().c_str(), bytes.size());
    std::fflush(stdout);  // A crash must show the file that it came with.
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++files;
  }
  if (error) std::fprintf(stderr, "%s: %s\n", directory, error.message().c_str());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY...\n", argv[0]);
    return 1;
  }
  for (int i = 1; i < argc; ++i) {
    const int files = Replay(argv[i]);
    if (files < 0) return 1;
    if (files == 0) {
      std::fprintf(stderr, "%s: holds no file\n", argv[i]);
      return 1;
    }
  }
  return 0;
}
