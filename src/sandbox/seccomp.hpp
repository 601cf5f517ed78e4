// The system call filter: default deny, compiled by libseccomp to a binary tree. seccomp(2).
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "sandbox/steps.hpp"

#include <linux/filter.h>

#include <vector>

namespace mayfly::sandbox {

using FilterProgram = std::vector<sock_filter>;

// Compiles syscalls.hpp. Slow (milliseconds): once, before any fork.
Result<FilterProgram> compile_filter();

// A file in memory that holds it; empty if it could not be compiled.
Fd filter_file();

// Puts it in force for the calling process, for good. Needs no_new_privs.
StepError load_filter(const FilterProgram& program);

}  // namespace mayfly::sandbox
