#include "cli/tool.hpp"

#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mayfly::cli {
namespace {

constexpr std::size_t kept_bytes = 64 << 10;             // of what it prints
constexpr std::size_t first_lines = 5, last_lines = 15;  // that are shown

struct Process {
    pid_t pid = -1;
    Fd output;
};

Result<Process> spawn(const std::vector<std::string>& words, const std::filesystem::path& folder,
                      const Env& env) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return Failure(errno_error("pipe"));
    Fd ours(ends[0]);
    const Fd theirs(ends[1]);
    std::vector<std::string> settings;
    for (const auto& [name, value] : env) settings.push_back(name + "=" + value);
    const auto pointers = [](const std::vector<std::string>& all) {
        std::vector<char*> out;
        for (const auto& one : all) out.push_back(const_cast<char*>(one.c_str()));
        out.push_back(nullptr);
        return out;
    };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 2);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    Process process{.output = std::move(ours)};
    const int failed = ::posix_spawnp(&process.pid, words.front().c_str(), &actions, nullptr,
                                      pointers(words).data(), pointers(settings).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed == 0) return process;
    return fail(failed == ENOENT ? Kind::not_found : Kind::internal,
                fmt::format("'{}' could not be started: {}", words.front(), std::strerror(failed)));
}

std::string read_to_end(const Fd& output) {
    std::string text;
    char buffer[16 << 10];
    for (;;) {
        const auto n = ::read(output.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(n));
        if (text.size() > 2 * kept_bytes) text.erase(0, text.size() - kept_bytes);
    }
}

// Some tools begin with the reason, others end with it.
std::string excerpt(std::string_view text) {
    const auto lines = split(trim(text), '\n');
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool left_out = i >= first_lines && i + last_lines < lines.size();
        if (!left_out) out += "\n  " + std::string(lines[i]);
        else if (i == first_lines) out += "\n  …";
    }
    return out;
}

}  // namespace

std::string command_line(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) {
        const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$*?;&|<>()") == word.npos;
        line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
    }
    return line;
}

Result<std::string> run_tool(const std::vector<std::string>& words,
                             const std::filesystem::path& folder, const Env& env) {
    TRY(const auto process, spawn(words, folder, env));
    auto text = read_to_end(process.output);
    int status = 0;
    while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
    const auto how = WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status))
                                       : fmt::format("signal {}", WTERMSIG(status));
    return fail(Kind::internal,
                fmt::format("'{}' ended with {}:{}", command_line(words), how, excerpt(text)),
                "ToolFailed");
}

}  // namespace mayfly::cli
