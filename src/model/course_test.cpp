#include "model/course.hpp"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

Time at(int micros) { return Time{Micros{micros}}; }

TEST(Course, EachPhaseLastsFromTheMomentBeforeIt) {
    const auto phases = phases_of(at(100), {{"wait", at(110)}, {"load", at(150)}});
    ASSERT_EQ(phases.size(), 2u);
    EXPECT_EQ(phases[0].took, Micros{10});
    EXPECT_EQ(phases[1].name, "load");
    EXPECT_EQ(phases[1].took, Micros{40});
}

TEST(Course, WhatDidNotComeOrWasOverBeforeTheCallIsLeftOut) {
    const auto phases =
        phases_of(at(100), {{"wait", at(50)}, {"clone", Time{}}, {"handler", at(130)}});
    ASSERT_EQ(phases.size(), 1u);
    EXPECT_EQ(phases[0].name, "handler");
    EXPECT_EQ(phases[0].took, Micros{30});
}

TEST(Course, IsWrittenAsJson) {
    const Course course{Origin::parked, "because", {{"load", Micros{7}}}};
    EXPECT_EQ(to_json(course),
              R"({"origin":"parked","cause":"because","phases":[{"name":"load","us":7}]})");
    EXPECT_EQ(
        to_json({Origin::warm, "a \"b\"", {{"a", Micros{1}}, {"b", Micros{2}}}}),
        R"({"origin":"warm","cause":"a \"b\"","phases":[{"name":"a","us":1},{"name":"b","us":2}]})");
}

}  // namespace
}  // namespace mayfly
