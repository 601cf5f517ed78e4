#include "sandbox/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace mayfly::sandbox {
namespace {

constexpr int kNumber = 500;  // above all that the test itself holds

// How a child ends that has made anew what this process holds from kNumber on: 0 if `well` says so.
template <class Check>
int in_a_child(Check well) {
    const auto held = held_above(kNumber - 1);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_RDWR), 0);
        for (const auto& one : held) ::close(one.number);
        ::_exit(renew(held) == nullptr && well() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

bool is_ready(int number) {
    pollfd looked{number, POLLIN, 0};
    return ::poll(&looked, 1, 0) == 1;
}

TEST(HeldDescriptors, AnEventfdIsReadyForWhatWasToldBefore) {
    for (const unsigned told : {0u, 1u}) {
        ASSERT_EQ(::dup3(::eventfd(told, EFD_NONBLOCK), kNumber, O_CLOEXEC), kNumber);
        EXPECT_EQ(in_a_child([] {
                      std::uint64_t count = 0;
                      return is_ready(kNumber) && ::read(kNumber, &count, sizeof count) > 0 &&
                             !is_ready(kNumber);
                  }),
                  0);
        ::close(kNumber);
    }
}

TEST(HeldDescriptors, AChildsPipeIsItsOwn) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::dup3(ends[0], kNumber, O_CLOEXEC), kNumber);
    ASSERT_EQ(::dup3(ends[1], kNumber + 1, O_CLOEXEC), kNumber + 1);
    EXPECT_EQ(in_a_child([] { return ::write(kNumber + 1, "x", 1) == 1 && is_ready(kNumber); }), 0);
    EXPECT_FALSE(is_ready(kNumber)) << "its parent reads what it wrote";
    for (const int end : {ends[0], ends[1], kNumber, kNumber + 1}) ::close(end);
}

}  // namespace
}  // namespace mayfly::sandbox
