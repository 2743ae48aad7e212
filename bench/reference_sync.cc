#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "bench/references.h"

namespace fairlead::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPreparedBytes = 4 * 1024 * 1024;

class File {
 public:
  explicit File(const std::filesystem::path& path) : fd_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write_at(std::string_view bytes, std::size_t offset) {
    while (!bytes.empty()) {
      const ssize_t n = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0) throw std::system_error(errno, std::generic_category(), "pwrite");
      bytes.remove_prefix(static_cast<std::size_t>(n));
      offset += static_cast<std::size_t>(n);
    }
  }
  void sync() {
    if (fdatasync(fd_) != 0) throw std::system_error(errno, std::generic_category(), "fdatasync");
  }

 private:
  int fd_;
};

}  // namespace

std::vector<double> sync_latencies_us(const std::filesystem::path& folder, std::size_t bytes, std::size_t count) {
  File file(folder / "sync");
  file.write_at(std::string(kPreparedBytes, '\0'), 0);
  file.sync();
  const std::string record(bytes, 'x');
  std::vector<double> latencies;
  latencies.reserve(count);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = Clock::now();
    file.write_at(record, offset);
    file.sync();
    latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    offset = (offset + bytes) % (kPreparedBytes - bytes);
  }
  std::ranges::sort(latencies);
  return latencies;
}

double synced_bytes_per_second(const std::filesystem::path& folder, const std::vector<std::string>& bodies) {
  std::filesystem::remove(folder / "batches");
  File file(folder / "batches");
  std::size_t offset = 0;
  const auto start = Clock::now();
  for (const std::string& body : bodies) {
    file.write_at(body, offset);
    file.sync();
    offset += body.size();
  }
  return static_cast<double>(offset) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace fairlead::bench
