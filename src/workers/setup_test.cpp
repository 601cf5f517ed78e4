#include "workers/setup.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace mayfly::workers {
namespace {

namespace json = boost::json;

json::object setup_of(const FunctionSpec& spec) {
    Revision revision;
    revision.function.spec = spec;
    return json::parse(setup_json(revision, "c-1", "here")).as_object();
}

TEST(Setup, OfACustomRuntimeNamesItsProgramAndItsPort) {
    auto told = setup_of({.runtime = "custom.debian10"});
    const json::value usual = {{"port", 9000},
                               {"command", {"/code/bootstrap"}},
                               {"args", json::array()},
                               {"start_seconds", 120}};
    EXPECT_EQ(told.at("custom"), usual);
    told = setup_of({.runtime = "custom", .ca_port = 8080, .command = {"x"}, .args = {"-y"}});
    EXPECT_EQ(told.at("custom").at("port"), 8080);
    EXPECT_EQ(told.at("custom").at("command"), json::array{"x"});
    EXPECT_EQ(told.at("custom").at("args"), json::array{"-y"});
    EXPECT_EQ(told.at("environment").at("FC_SERVER_PORT"), "8080");
    EXPECT_EQ(told.at("environment").at("FC_CUSTOM_LISTEN_PORT"), "8080");
    EXPECT_FALSE(setup_of({.runtime = "python3"}).contains("custom"));
}

TEST(Setup, OnlyAProgramOfItsOwnHasTimeToStart) {
    EXPECT_EQ(program_start_limit({.runtime = "python3"}), Seconds{0});
    EXPECT_EQ(program_start_limit({.runtime = "custom"}), Seconds{120});
    EXPECT_EQ(
        program_start_limit(
            {.runtime = "custom", .health_check = {.path = "/ready", .initial_delay = Seconds{9}}}),
        Seconds{129});
}

TEST(Setup, NamesTheHooksThatAFunctionHas) {
    EXPECT_FALSE(setup_of({.runtime = "python3"}).contains("hooks"));
    const auto told = setup_of({.runtime = "python3", .pre_stop = {.handler = "index.stop"}});
    EXPECT_EQ(told.at("hooks"), (json::object{{"pre_stop", "index.stop"}}));
}

}  // namespace
}  // namespace mayfly::workers
