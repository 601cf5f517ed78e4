#include "copies/s3_target.hpp"

#include <gtest/gtest.h>

namespace mayfly::copies {
namespace {

Result<S3Target> target(std::string url, std::string secret = "s") {
    return S3Target::from(
        {.url = std::move(url), .key = {.id = "k", .secret = secret, .account = {}}});
}

TEST(S3TargetTest, IsABucketAndPerhapsAPrefix) {
    EXPECT_EQ(target("https://s3.example/backup")->text(), "https://s3.example/backup/");
    EXPECT_EQ(target("http://10.0.0.1:9000/backup/of this/")->text(),
              "http://10.0.0.1:9000/backup/of this/");
}

TEST(S3TargetTest, AnythingElseIsRefusedWithWhatToWrite) {
    for (const auto* url :
         {"", "backup", "https://s3.example", "https://s3.example/", "ftp://h/b"}) {
        const auto made = target(url);
        ASSERT_FALSE(made) << url;
        EXPECT_NE(made.error().what.find("https://HOST/BUCKET"), std::string::npos);
    }
    EXPECT_NE(target("https://s3.example/backup", "").error().what.find("ACCESS_KEY_SECRET"),
              std::string::npos);
}

}  // namespace
}  // namespace mayfly::copies
