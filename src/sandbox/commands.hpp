// What is executed for each language: its warmed parent, and its shim where a worker starts by
// plain exec. Paths are those inside the template root, where the runtimes' folder is /rt.
#pragma once

#include "sandbox/spec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mayfly::sandbox {

struct Command {
    std::vector<std::string> words;
    std::vector<std::string> environment;
};

// The languages whose interpreter this machine has, by its usual Debian path; custom needs none.
std::vector<Language> languages_here();

// Whether the language has a warmed parent that can fork itself.
bool has_zygote(Language language);
Command zygote_command(Language language, bool rootless);

// Of a worker that starts by plain exec.
Command shim_command(const Spec& spec);

// What of a function's memory is Java's heap; the rest is for classes, compiled code, stacks and
// buffers outside it.
std::int64_t java_heap_bytes(std::int64_t memory_bytes);

// Replaces this process. Returns only if that fails, with errno set.
void execute(const Command& command);

}  // namespace mayfly::sandbox
