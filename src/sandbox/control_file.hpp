// Files of control groups: short texts, read and written whole.
#pragma once

#include "base/fd.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mayfly::sandbox {

// False with errno set if the kernel does not take it.
inline bool put(const std::string& path, std::string_view text) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

inline bool put(const std::string& path, std::int64_t number) {
    return put(path, std::to_string(number));
}

// At most 4 KiB of it; empty if it cannot be read.
inline std::string get(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[4096];
    const auto n = file ? ::read(file.get(), text, sizeof text) : 0;
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

// Does `what` with each process or thread of a group, by the file that lists them.
void each_number(const std::string& path, auto what) {
    const auto numbers = get(path);
    const char* at = numbers.c_str();
    for (char* end = nullptr; const long pid = std::strtol(at, &end, 10); at = end)
        what(static_cast<pid_t>(pid));
}

// Removes a group whose processes end, or have been led out: the kernel takes a moment.
inline void remove_group(const std::string& group) {
    for (int tries = 0; ::rmdir(group.c_str()) != 0 && errno == EBUSY && tries < 200; ++tries)
        ::usleep(5000);
}

}  // namespace mayfly::sandbox
