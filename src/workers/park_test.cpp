#include "workers/park.hpp"

#include "io/timers_manual.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

namespace mayfly::workers {
namespace {

constexpr auto kLanguage = Language::python;

struct Yard {
    Yard() { park.open(kLanguage); }

    void pass(Micros time) { timers.run_until(timers.now() + time); }
    void arrive() {
        park.arrived(started.back());
        pass(Micros{1});
    }
    void fill() {
        pass(Micros{1});
        while (park.parked(kLanguage) < 2) arrive();
    }

    boost::asio::io_context loop;
    io::ManualTimers timers{loop};
    std::vector<std::uint64_t> started, stopped;
    Park park{timers,
              {.least = 2, .most = 4},
              {.start =
                   [this](Language) {
                       started.push_back(started.size() + 1);
                       return started.back();
                   },
               .stop = [this](std::uint64_t process) { stopped.push_back(process); }}};
};

TEST(Park, IsFilledOneAtATime) {
    Yard yard;
    yard.pass(Micros{1});
    EXPECT_EQ(yard.started.size(), 1u);
    yard.pass(Seconds{1});
    EXPECT_EQ(yard.started.size(), 1u);
    yard.arrive();
    EXPECT_EQ(yard.started.size(), 2u);
    yard.arrive();
    EXPECT_EQ(yard.started.size(), 2u);
    EXPECT_EQ(yard.park.parked(kLanguage), 2);
}

TEST(Park, GivesTheOneThatIsThereLongestAndIsRefilledOnceNobodyAsks) {
    Yard yard;
    yard.fill();
    EXPECT_EQ(yard.park.take(kLanguage), 1u);
    yard.pass(Millis{3});
    EXPECT_EQ(yard.park.take(kLanguage), 2u);
    EXPECT_EQ(yard.park.take(kLanguage), std::nullopt);
    yard.pass(Millis{3});
    EXPECT_EQ(yard.started.size(), 2u);
    yard.pass(Millis{2});
    EXPECT_EQ(yard.started.size(), 3u);
}

TEST(Park, LetsGoWhatIsNoLongerWanted) {
    Yard yard;
    yard.fill();
    for (int i = 0; i < 3; ++i) (void)yard.park.take(kLanguage);
    yard.pass(Millis{5});
    while (yard.park.parked(kLanguage) < 4) yard.arrive();
    for (int second = 0; second < 62; ++second) yard.pass(Seconds{1});
    EXPECT_EQ(yard.park.parked(kLanguage), 2);
    EXPECT_EQ(yard.stopped, (std::vector<std::uint64_t>{3, 4}));
}

TEST(Park, GivesUpOnALanguageWhoseWorkersNeverArrive) {
    Yard yard;
    for (int i = 0; i < 8; ++i) {
        yard.pass(Seconds{1});
        yard.park.ended(yard.started.back());
    }
    EXPECT_EQ(yard.started.size(), 5u);
    EXPECT_EQ(yard.park.take(kLanguage), std::nullopt);
}

TEST(Park, OneThatArrivesAfterItsLanguageWasClosedIsLetGo) {
    Yard yard;
    yard.pass(Micros{1});
    yard.park.close(kLanguage);
    yard.park.arrived(1);
    EXPECT_EQ(yard.stopped, (std::vector<std::uint64_t>{1, 1}));
}

}  // namespace
}  // namespace mayfly::workers
