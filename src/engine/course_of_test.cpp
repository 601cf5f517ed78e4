#include "engine/course_of.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

Time at(int micros) { return Time{Micros{micros}}; }

std::string names(const Course& course) {
    std::string all;
    for (const auto& phase : course.phases)
        all += (all.empty() ? "" : ", ") + std::string(phase.name);
    return all;
}

TEST(CourseOf, AWarmCallThatDidNotWaitHasNothingToTell) {
    const auto course = course_of({.came = at(10), .begun = at(12), .ended = at(900)}, "", nullptr);
    EXPECT_EQ(course.origin, Origin::warm);
    EXPECT_TRUE(course.phases.empty());
}

TEST(CourseOf, AWarmCallThatWaitedSaysHowLong) {
    const auto course =
        course_of({.came = at(10), .begun = at(5010), .ended = at(5900)}, cause_of(3), nullptr);
    EXPECT_EQ(names(course), "wait, run");
    EXPECT_EQ(course.phases[0].took, Millis{5});
    EXPECT_EQ(course.cause, "every worker of this revision was busy");
}

TEST(CourseOf, AForkedWorkersBirthIsPartOfItsFirstCall) {
    const workers::Birth birth{.origin = Origin::forked,
                               .ordered = at(20),
                               .order_came = at(60),
                               .cloned = at(900),
                               .loading = at(2000),
                               .loaded = at(2500)};
    const auto course =
        course_of({.came = at(10), .begun = at(2000), .ended = at(3000)}, cause_of(0), &birth);
    EXPECT_EQ(names(course), "wait for a place, order, clone, sandbox, load, run");
    Micros sum{};
    for (const auto& phase : course.phases) sum += phase.took;
    EXPECT_EQ(sum, Micros{2990});
}

TEST(CourseOf, AParkedOneIsHandedOver) {
    const workers::Birth birth{
        .origin = Origin::parked, .ordered = at(12), .loading = at(300), .loaded = at(500)};
    const auto course = course_of(
        {.came = at(10), .begun = at(13), .initialized = at(700), .ended = at(900)}, "", &birth);
    EXPECT_EQ(names(course), "wait for a place, hand over, load, initializer, run");
}

TEST(CourseOf, AProgramIsStartedInAParkedSandbox) {
    const workers::Birth birth{.origin = Origin::executed,
                               .was_empty = true,
                               .ordered = at(12),
                               .loading = at(800),
                               .loaded = at(900)};
    const auto course = course_of({.came = at(10), .begun = at(800), .ended = at(950)}, "", &birth);
    EXPECT_EQ(names(course), "wait for a place, start, load, run");
}

TEST(CourseOf, AWorkerThatWasOnItsWayAlreadyTookLessOfTheCallsTime) {
    const workers::Birth birth{
        .origin = Origin::executed, .ordered = at(1), .cloned = at(5), .loading = at(800)};
    const auto course =
        course_of({.came = at(100), .begun = at(800), .ended = at(900)}, "", &birth);
    EXPECT_EQ(names(course), "sandbox, load and run");
    EXPECT_EQ(course.phases[0].took, Micros{700});
}

}  // namespace
}  // namespace mayfly::engine
