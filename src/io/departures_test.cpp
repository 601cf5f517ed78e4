#include "io/departures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;

struct DeparturesTest : testing::Test {
    void leave(std::string who, int times = 1) {
        asio::co_spawn(
            *loop,
            [](DeparturesTest& self, std::string name, int left) -> Task<> {
                for (; left > 0; --left) {
                    co_await self.departures.leave([&] { self.seen.push_back(name + " goes"); });
                    self.seen.push_back(name + " is gone");
                }
            }(*this, std::move(who), times),
            asio::detached);
    }

    std::optional<asio::io_context> loop{std::in_place, 1};
    Departures departures{*loop};
    std::vector<std::string> seen;
};

TEST_F(DeparturesTest, AllOfARoundGoBehindWhatIsReadyAndBeforeAnyGoesOn) {
    leave("a");
    leave("b");
    asio::post(*loop, [&] { seen.push_back("ready"); });
    loop->run();
    EXPECT_THAT(seen, ElementsAre("ready", "a goes", "b goes", "a is gone", "b is gone"));
}

TEST_F(DeparturesTest, WhoGoesOnMayComeAgain) {
    leave("a", 2);
    leave("b");
    loop->run();
    EXPECT_THAT(seen,
                ElementsAre("a goes", "b goes", "a is gone", "b is gone", "a goes", "a is gone"));
}

TEST_F(DeparturesTest, WhoWaitsWhenTheLoopEndsGoesWithIt) {
    const auto held = std::make_shared<int>(0);
    asio::co_spawn(
        *loop,
        [](DeparturesTest& self, std::shared_ptr<int> hold) -> Task<> {
            co_await self.departures.leave([hold] { ++*hold; });
        }(*this, held),
        asio::detached);
    loop->poll_one();
    EXPECT_GT(held.use_count(), 1);
    loop.reset();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(*held, 0);
}

}  // namespace
}  // namespace mayfly::io
