#include "workers/answer_parts.hpp"

#include "base/rng.hpp"
#include "workers/wire.hpp"

#include <gtest/gtest.h>

namespace mayfly::workers {
namespace {

TEST(AnswerParts, HaveAHeadFirstAndOnce) {
    AnswerParts parts(100);
    EXPECT_FALSE(parts.take(0, 1));
    EXPECT_FALSE(parts.begun());
    EXPECT_TRUE(parts.take(kHead, 1));
    EXPECT_TRUE(parts.take(0, 1));
    EXPECT_FALSE(parts.take(kHead, 1));
    EXPECT_FALSE(parts.take(2, 1)) << "an unknown flag";
}

TEST(AnswerParts, AreRefusedWhereNobodyAskedForThem) {
    EXPECT_FALSE(AnswerParts(0).take(kHead, 0));
}

TEST(AnswerParts, AreNeverMoreThanTheirCredit) {
    AnswerParts parts(100);
    EXPECT_FALSE(parts.take(kHead, 101));
    EXPECT_TRUE(parts.take(kHead, 60));
    EXPECT_TRUE(parts.take(0, 40));
    EXPECT_FALSE(parts.take(0, 1));
    EXPECT_TRUE(parts.take(0, 0));
    parts.grant(1);
    EXPECT_TRUE(parts.take(0, 1));
    EXPECT_FALSE(parts.take(0, 1));
}

TEST(AnswerParts, EndWithAnAnswerWithoutABodyOrWithAnError) {
    AnswerParts parts(100);
    EXPECT_TRUE(parts.end(kHttp, 7)) << "none had come";
    EXPECT_TRUE(parts.take(kHead, 0));
    EXPECT_TRUE(parts.end(kHttp, 0));
    EXPECT_TRUE(parts.end(kRaised, 7));
    EXPECT_FALSE(parts.end(kHttp, 7));
    EXPECT_FALSE(parts.end(0, 0)) << "an event's";
}

TEST(AnswerParts, WhoKeepsTheRulesSendsExactlyWhatWasGranted) {
    SeededRng rng(7);
    for (int round = 0; round < 100; ++round) {
        std::size_t credit = 1 + rng.next() % 1000, sent = 0, granted = credit;
        AnswerParts parts(credit);
        ASSERT_TRUE(parts.take(kHead, 0));
        for (int step = 0; step < 100; ++step) {
            const std::size_t size = rng.next() % 400;
            if (rng.next() % 3 == 0) {
                parts.grant(size);
                granted += size;
            } else if (parts.take(0, size)) {
                sent += size;
            } else {
                ASSERT_GT(sent + size, granted);
            }
            ASSERT_LE(sent, granted);
        }
    }
}

}  // namespace
}  // namespace mayfly::workers
