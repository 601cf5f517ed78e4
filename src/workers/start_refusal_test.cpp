#include "workers/start_refusal.hpp"

#include <gtest/gtest.h>

namespace mayfly::workers {
namespace {

TEST(StartRefusal, CarriesFcsCodeAndTheEndOfWhatWasPrinted) {
    const auto said = R"({"errorMessage":"it ended","errorType":"CAExited"})";
    const auto error = start_refusal(said, std::string(9000, 'x') + "\nno such module\n");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, "CAExited");
    EXPECT_EQ(error->what, "it ended; it printed: no such module");
    EXPECT_EQ(start_refusal(said, " \n")->what, "it ended");
}

TEST(StartRefusal, AWorkerCannotInventOne) {
    for (const auto* wrong : {"", "[]", "{}", R"({"errorType":7})",
                              R"({"errorMessage":"x","errorType":"AccessDenied"})"})
        EXPECT_FALSE(start_refusal(wrong, "")) << wrong;
}

}  // namespace
}  // namespace mayfly::workers
