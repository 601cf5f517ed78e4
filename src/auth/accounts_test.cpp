#include "auth/accounts.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

TEST(Accounts, AreReadAsTheyWereWritten) {
    Accounts accounts("1");
    accounts.put({.id = "2",
                  .name = "shop",
                  .key = {"ak", "secret", "2"},
                  .allowance = {.weight = 3, .instances_max = 20, .budget_gb_seconds = 7}});
    const auto read = Accounts::from_text(accounts.to_text(), "1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->to_text(), accounts.to_text());
    EXPECT_EQ(read->find("2")->key.secret, "secret");
    EXPECT_EQ(read->find("2")->allowance, accounts.find("2")->allowance);
    EXPECT_EQ(read->find("3"), nullptr);
}

TEST(Accounts, ADamagedFileIsRefusedWithWhatToDo) {
    for (const auto* damaged :
         {"", "[]", "{}", R"({"format":2,"accounts":[]})", R"({"format":1,"accounts":[{}]})"})
        EXPECT_EQ(Accounts::from_text(damaged, "1").error().kind, Kind::invalid) << damaged;
}

TEST(Accounts, ANameIsGivenOnce) {
    const Accounts accounts("1");
    EXPECT_TRUE(accounts.check_name("shop"));
    EXPECT_FALSE(accounts.check_name("root"));
    EXPECT_FALSE(accounts.check_name(""));
    EXPECT_FALSE(accounts.check_name(std::string(65, 'x')));
}

TEST(Accounts, AnAllowanceHasBounds) {
    EXPECT_TRUE(validate(Allowance{}));
    for (const Allowance wrong :
         {Allowance{.weight = 0}, Allowance{.weight = 1001}, Allowance{.instances_max = -1},
          Allowance{.budget_gb_seconds = -1}})
        EXPECT_EQ(validate(wrong).error().code, "InvalidArgument");
}

}  // namespace
}  // namespace mayfly::auth
