// How a step of the sandbox fails: before any tenant code runs, in a process that must not go on.
// Steps return the name of what failed, or nullptr; errno says why. No allocation: they run in a
// freshly forked child.
#pragma once

namespace mayfly::sandbox {

using StepError = const char*;  // static words, or nullptr for success

// STEP(mount_tmp(spec));  leaves with the first error.
#define STEP(...) \
    if (const ::mayfly::sandbox::StepError step_error = (__VA_ARGS__)) return step_error

}  // namespace mayfly::sandbox
