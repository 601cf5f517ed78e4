#include "queue/event.hpp"

#include <gtest/gtest.h>

namespace mayfly::queue {
namespace {

Event full() {
    return {.id = "1-0-a",
            .target = {.account = "1", .service = "s", .qualifier = "2", .function = "f"},
            .trigger = "oss",
            .trigger_name = "pictures",
            .body = std::string("\0\xff", 2),
            .task_id = "job_1",
            .depth = 3,
            .parent = "1-0-b",
            .http = HttpPart{.method = "POST",
                             .path = "/a b",
                             .query = "x=\xe9",
                             .uri = "/p",
                             .client_ip = "10.0.0.1",
                             .headers = {{"X", "caf\xe9"}}},
            .cause_span = TraceContext{.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                                       .span_id = "00f067aa0ba902b7",
                                       .sampled = true,
                                       .state = "vendor=\xe9"}};
}

TEST(Event, ItComesBackFromTheQueueAsItWas) {
    const auto event = full();
    const auto task = to_task(event, WallTime(Seconds(7)));
    EXPECT_EQ(task.lane, "1/s/f");
    EXPECT_EQ(task.dedup, "job_1");
    EXPECT_EQ(task.due, WallTime(Seconds(7)));
    const auto back = to_event(task.id, task.head, task.body).value();
    EXPECT_EQ(back.target.qualifier, "2");
    EXPECT_EQ(back.trigger_name, "pictures");
    EXPECT_EQ(back.depth, 3);
    EXPECT_EQ(back.parent, "1-0-b");
    EXPECT_EQ(back.body, event.body);
    ASSERT_TRUE(back.http);
    EXPECT_EQ(back.http->query, "x=\xe9");
    EXPECT_EQ(back.http->headers, event.http->headers);
    EXPECT_EQ(back.cause_span, event.cause_span);
    EXPECT_EQ(to_event("x", "{", "").error().kind, Kind::internal);
}

TEST(Event, AUrlHasALaneOfItsHost) {
    Event event{.target = {.account = "1"}, .url = "http://h:8080/x?y"};
    EXPECT_EQ(lane_of(event), "1/~url/h:8080");
}

TEST(Event, FailuresThatDifferInNumbersHaveOneSignature) {
    const auto of = [](const char* message) {
        return signature_of(std::string(R"({"errorType":"KeyError","errorMessage":")") + message +
                            "\"}");
    };
    EXPECT_EQ(of("order 4711 at 0x7f00aa"), of("order 12 at 0x7f11aa"));
    EXPECT_EQ(of("id 3f9a77bc01"), of("id 77bc01ffee"));
    EXPECT_NE(of("order 4711"), of("cart 4711"));
    EXPECT_EQ(of("order 4711"), "KeyError: order #");
    EXPECT_EQ(failure_text("plain"), "plain");
    EXPECT_EQ(failure_text("\xff"), "(not text)");
    EXPECT_LE(signature_of(std::string(5000, 'x')).size(), 200u);
}

}  // namespace
}  // namespace mayfly::queue
