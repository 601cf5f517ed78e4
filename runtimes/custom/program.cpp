#include "custom/program.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mayfly::custom {

namespace {

constexpr int kDyingMillis = 100;  // from the end of a program's connections to its own

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> out;
    for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
    out.push_back(nullptr);
    return out;
}

// 0, or errno. The sandbox ignores SIGPIPE; programs expect it as usual.
int spawn(const Setup& setup, pid_t& pid) {
    ::setenv("PATH", setup.search_path.c_str(), 1);  // posix_spawnp looks into ours
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t usual;
    ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error =
        ::posix_spawnp(&pid, setup.words[0].c_str(), nullptr, &attributes,
                       pointers(setup.words).data(), pointers(setup.environment).data());
    posix_spawnattr_destroy(&attributes);
    return error;
}

Failure refuse(const std::string& program, int error) {
    if (error == ENOENT && program.find('/') == program.npos)
        return fail(Kind::failed,
                    fmt::format("there is no '{}' in PATH; name a file of the package by its whole "
                                "path, /code/{}",
                                program, program),
                    "CAFileNotFound");
    const bool is_there = ::access(program.c_str(), F_OK) == 0;
    if (error == ENOENT && is_there)
        return fail(Kind::failed,
                    fmt::format("'{}' is there, but the interpreter that its first line names is "
                                "not; mind Windows line ends after #!",
                                program),
                    "CAFileNotFound");
    if (error == ENOENT || error == ENOTDIR)
        return fail(Kind::failed,
                    fmt::format("the start file '{}' is not in the package; put it at its root or "
                                "name another one in customRuntimeConfig.command",
                                program),
                    "CAFileNotFound");
    if (error == EACCES)
        return fail(Kind::failed,
                    fmt::format("the start file '{}' is not executable; zip it with its x bit "
                                "(chmod +x)",
                                program),
                    "CAFilePermission");
    return fail(Kind::failed,
                fmt::format("the start file '{}' cannot be executed ({}); it must be a program for "
                            "this machine or begin with #! and an interpreter",
                            program, std::strerror(error)),
                "CAFilePermission");
}

std::string in_words(int status) {
    if (WIFSIGNALED(status))
        return fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                           ::strsignal(WTERMSIG(status)));
    return fmt::format("exited with status {}", WEXITSTATUS(status));
}

}  // namespace

Result<Program> Program::start(const Setup& setup) {
    pid_t pid = -1;
    if (const int error = spawn(setup, pid)) return refuse(setup.words[0], error);
    return Program(pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
}

std::string Program::wait_for_end() const {
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended == pid_) return in_words(status);
        if (ended < 0 && errno != EINTR) return "is gone";
    }
}

void Program::yield_to_its_end() const {
    pollfd end{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&end, 1, kDyingMillis) != 1) return;
    for (;;) ::pause();
}

}  // namespace mayfly::custom
