// The function's own program: started once, watched to its end.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "custom/setup.hpp"

#include <sys/types.h>

#include <string>

namespace mayfly::custom {

class Program {
public:
    // Starts it with the log as its output. failed, with FC's code: CAFileNotFound,
    // CAFilePermission.
    static Result<Program> start(const Setup& setup);

    // Waits for its end and reaps, meanwhile, what it left behind: this process is the first of its
    // pid namespace. One thread only. How it ended, in words: "exited with status 3".
    std::string wait_for_end() const;

    // Where a connection broke: does not return if that is because the program has ended, for
    // whoever waits for its end ends this process and says so. Any thread.
    void yield_to_its_end() const;

private:
    Program(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

    pid_t pid_;
    Fd pidfd_;
};

}  // namespace mayfly::custom
