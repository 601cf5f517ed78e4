#include "sandbox/seccomp.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace mayfly::sandbox {

// Apart from the compiler of the policy, so that a zygote does not carry libseccomp.
StepError load_filter(const FilterProgram& program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()),
                            const_cast<sock_filter*>(program.data())};
    return ::syscall(SYS_seccomp, 1 /*SECCOMP_SET_MODE_FILTER*/, 0, &filter) == 0 ? nullptr
                                                                                  : "seccomp";
}

}  // namespace mayfly::sandbox
