#include "workers/call_log.hpp"
#include "workers/log_book.hpp"

#include <gtest/gtest.h>

using namespace mayfly;
using namespace mayfly::workers;

namespace {

Revision revision(std::string name) {
    Revision r;
    r.function.account = "1";
    r.function.service = "s";
    r.function.spec.name = std::move(name);
    return r;
}

TEST(CallLog, KeepsTheNewestAndSaysHowMuchItDropped) {
    CallLog log;
    for (int i = 0; i < 5000; ++i) log.add(std::string(999, 'x') + "\n");
    log.add("the end\n");
    const auto text = log.take();
    EXPECT_LE(text.size(), 2 * CallLog::kBytesMax + 100);
    EXPECT_TRUE(text.ends_with("the end\n"));
    EXPECT_TRUE(text.starts_with("("));
    EXPECT_EQ(log.take(), "");
}

TEST(CallLog, OneHugePieceIsCutToItsEnd) {
    CallLog log;
    log.add(std::string(10 << 20, 'a') + "z");
    EXPECT_TRUE(log.take().ends_with("az"));
}

TEST(LogBook, ACallReadsAsFcWritesIt) {
    EXPECT_EQ(as_fc_text({.request_id = "1-a",
                          .text = "hi",
                          .duration = Micros{3170},
                          .billed = Millis{100},
                          .memory_mb = 512,
                          .memory_bytes_peak = 5 << 20}),
              "FC Invoke Start RequestId: 1-a\nhi\nFC Invoke End RequestId: 1-a\n"
              "Duration: 3.17 ms, Billed Duration: 100 ms, Memory Size: 512 MB, Max Memory Used: "
              "5.00 MB\n");
}

TEST(LogBook, AHookReadsLikeACallOfItsName) {
    const auto text = as_fc_text({.request_id = "1-a", .what = "PreStop"});
    EXPECT_TRUE(text.starts_with(
        "FC PreStop Start RequestId: 1-a\nFC PreStop End RequestId: 1-a\nDuration: "));
}

TEST(LogBook, AFailedCallSaysSoOnItsEndLine) {
    const auto text = as_fc_text({.request_id = "1-a", .outcome = Outcome::died});
    EXPECT_NE(text.find("FC Invoke End RequestId: 1-a, Error: Unhandled function error\n"),
              text.npos);
}

TEST(LogBook, GivesTheNewestLinesOldestFirstAndStaysWithinItsBounds) {
    LogBook book({.function_bytes_max = 4096, .functions_max = 2});
    for (int i = 0; i < 100; ++i)
        book.add(revision("f"),
                 {.request_id = std::to_string(i), .text = "line " + std::to_string(i)});
    const auto lines = book.lines("1", "s", "f", 8);
    ASSERT_EQ(lines.size(), 8u);
    EXPECT_EQ(lines[5].text, "line 99");
    EXPECT_EQ(lines[1].text, "line 98");
    EXPECT_LT(book.lines("1", "s", "f", 10'000).size(), 200u);
    book.add(revision("g"), {.request_id = "g"});
    book.add(revision("h"), {.request_id = "h"});
    EXPECT_TRUE(book.lines("1", "s", "f", 8).empty());
    EXPECT_FALSE(book.lines("1", "s", "h", 8).empty());
}

TEST(LogBook, TheTailBeginsAtALineWhereItCan) {
    EXPECT_EQ(tail("one\ntwo\nthree\n", 10), "three\n");
    EXPECT_EQ(tail("short", 10), "short");
    EXPECT_EQ(tail(std::string(20, 'x'), 4), "xxxx");
}

}  // namespace
