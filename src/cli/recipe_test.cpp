#include "cli/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mayfly::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

std::optional<Recipe> recipe(Language language, const std::set<std::string, std::less<>>& files) {
    return recipe_for(language, [&](std::string_view name) { return files.contains(name); });
}

TEST(Recipe, EachLanguageHasItsOwnDeclaration) {
    const std::set<std::string, std::less<>> all{"requirements.txt", "package.json", "pom.xml",
                                                 "src", "Makefile"};
    EXPECT_EQ(recipe(Language::python, all)->inputs.front(), "requirements.txt");
    EXPECT_EQ(recipe(Language::nodejs, all)->inputs.front(), "package.json");
    EXPECT_THAT(recipe(Language::java, all)->inputs, ElementsAre("pom.xml", "src"));
    EXPECT_EQ(recipe(Language::custom, {"pom.xml"})->command.front(), "mvn");
    EXPECT_FALSE(recipe(Language::python, {"package.json", "Makefile"}));
    EXPECT_FALSE(recipe(Language::custom, {"Makefile"}));
}

TEST(Recipe, ALockFileIsObeyedAndDecidesToo) {
    const auto free = recipe(Language::nodejs, {"package.json"}).value();
    EXPECT_THAT(free.command, Contains("install"));
    const auto locked = recipe(Language::nodejs, {"package.json", "package-lock.json"}).value();
    EXPECT_THAT(locked.command, Contains("ci"));
    EXPECT_THAT(locked.command, Not(Contains("--no-package-lock")));
    EXPECT_THAT(locked.inputs, ElementsAre("package.json", "package-lock.json"));
}

TEST(Recipe, WhatLiesOnThisDiskIsNoticed) {
    for (const auto* line : {"-r more.txt", "  -e .", "./pkg", "/opt/pkg.whl", "pkg @ file:///x",
                             "--constraint c.txt"})
        EXPECT_TRUE(local_reference("requirements.txt", line)) << line;
    for (const auto* line : {"idna==3.7", "# -r comment", "pkg[extra] ; python_version > '3'",
                             "pkg @ git+https://example.org/x", "--only-binary :all:"})
        EXPECT_FALSE(local_reference("requirements.txt", line)) << line;
    EXPECT_TRUE(local_reference("package.json", "{\"x\":\n \"file:../x\"}"));
    EXPECT_FALSE(local_reference("package.json", R"({"x":"1.0.0"})"));
    EXPECT_FALSE(local_reference("src/profile.java", "-r x"));
}

}  // namespace
}  // namespace mayfly::cli
