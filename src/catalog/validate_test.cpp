#include "catalog/validate.hpp"

#include "catalog/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::catalog {
namespace {

using testing::HasSubstr;

FunctionSpec good() { return {.name = "hello", .runtime = "python3", .handler = "index.handler"}; }

std::string refusal(const FunctionSpec& spec,
                    const std::vector<Language>& host = {Language::python, Language::java}) {
    const auto r = validate(spec, host);
    if (r) return "";
    EXPECT_EQ(r.error().code, "InvalidArgument");
    return r.error().what;
}

TEST(Validate, AGoodFunctionPasses) {
    auto spec = good();
    EXPECT_EQ(refusal(spec), "");
    spec.handler = "pkg/deep.module.handler";
    spec.initializer = "index.init";
    spec.environment = {{"A_1", "x"}};
    spec.memory_mb = 32768;
    EXPECT_EQ(refusal(spec), "");
}

TEST(Validate, ARuntimeIsExplained) {
    auto spec = good();
    spec.runtime = "nodejs14";
    EXPECT_THAT(
        refusal(spec),
        HasSubstr("'nodejs14' is not available on this machine until the Debian package nodejs "
                  "is installed and the server started again; it has: python3,"));
    spec.runtime = "pyhton3";
    EXPECT_THAT(refusal(spec), HasSubstr("did you mean 'python3'?"));
    spec.runtime = "";
    EXPECT_THAT(refusal(spec), HasSubstr("required"));
}

TEST(Validate, CustomRuntimesHaveRules) {
    const std::vector<Language> host = {Language::custom};
    auto good_custom = good();
    good_custom.runtime = "custom.debian10";
    good_custom.handler = "anything at all";
    EXPECT_EQ(refusal(good_custom, host), "");
    const auto with = [&](auto change) {
        auto spec = good_custom;
        change(spec);
        return refusal(spec, host);
    };
    EXPECT_THAT(with([](auto& s) { s.ca_port = 80; }), HasSubstr("caPort is 80; it must be from"));
    EXPECT_THAT(with([](auto& s) { s.ca_port = 65536; }), HasSubstr("caPort"));
    EXPECT_THAT(with([](auto& s) { s.command = {""}; }), HasSubstr("empty word"));
    EXPECT_THAT(with([](auto& s) { s.args = {std::string("a\0b", 3)}; }), HasSubstr("NUL"));
    EXPECT_EQ(with([](auto& s) { s.args = {std::string(4095, 'x')}; }), "");
    EXPECT_THAT(with([](auto& s) { s.args = {std::string(4096, 'x')}; }), HasSubstr("4097 bytes"));
    EXPECT_THAT(with([](auto& s) { s.health_check.path = "ready"; }), HasSubstr("such as /ready"));
    EXPECT_THAT(with([](auto& s) { s.health_check = {.path = "/ready", .period = Seconds(0)}; }),
                HasSubstr("customHealthCheckConfig.periodSeconds is 0"));
    EXPECT_THAT(with([](auto& s) { s.pre_stop = {.handler = "x", .timeout = Seconds(91)}; }),
                HasSubstr("instanceLifecycleConfig.preStop.timeout is 91"));
    EXPECT_THAT(with([](auto& s) { s.runtime = "custom-container"; }),
                HasSubstr("take the runtime 'custom'"));
}

TEST(Validate, NumbersHaveLimits) {
    auto spec = apply(good(), {.memory_mb = 100});
    EXPECT_THAT(refusal(spec), HasSubstr("multiple of 64 MB, such as 128"));
    EXPECT_THAT(refusal(apply(good(), {.memory_mb = 1ll << 40})), HasSubstr("memorySize"));
    EXPECT_THAT(refusal(apply(good(), {.timeout = Seconds(0)})), HasSubstr("timeout is 0"));
    EXPECT_THAT(refusal(apply(good(), {.timeout = Seconds(86401)})), HasSubstr("timeout"));
    EXPECT_THAT(refusal(apply(good(), {.initialization_timeout = Seconds(301)})),
                HasSubstr("initializationTimeout"));
    EXPECT_THAT(refusal(apply(good(), {.disk_mb = 1})), HasSubstr("diskSize"));
    EXPECT_THAT(refusal(apply(good(), {.instance_concurrency = 0})),
                HasSubstr("instanceConcurrency"));
}

TEST(Validate, HandlersHaveAFileAndAFunction) {
    for (const auto* wrong : {"handler", ".handler", "index.", "/etc/x.y", "../x.y", "a b.c"}) {
        auto spec = good();
        spec.handler = wrong;
        EXPECT_THAT(refusal(spec), HasSubstr("file.function")) << wrong;
    }
}

TEST(Validate, EnvironmentVariablesHaveRules) {
    for (const auto* wrong : {"", "1A", "A-B", "FC_X", "accessKeyID", "topic"}) {
        auto spec = good();
        spec.environment[wrong] = "x";
        EXPECT_NE(refusal(spec), "") << wrong;
    }
    auto spec = good();
    spec.environment["A"] = std::string(4095, 'x');
    EXPECT_EQ(refusal(spec), "");
    spec.environment["A"] += 'x';
    EXPECT_THAT(refusal(spec), HasSubstr("4097 bytes"));
}

TEST(Validate, NamesHaveRules) {
    for (const auto* name : {"a", "_a-1", "A_b"})
        EXPECT_TRUE(validate_name("service", name)) << name;
    for (const auto& name :
         {std::string(), std::string("1a"), std::string("-a"), std::string("a.b"),
          std::string("a/b"), std::string("ä"), std::string(129, 'a')})
        EXPECT_FALSE(validate_name("service", name)) << name;
}

}  // namespace
}  // namespace mayfly::catalog
