#include "store/blobs.hpp"

#include "base/files.hpp"
#include "io/run_for_tests.hpp"

#include <gtest/gtest.h>

namespace mayfly::store {
namespace {

class BlobsTest : public testing::Test {
protected:
    std::filesystem::path file(const std::string& name) {
        return folder_.path() / "blobs" / name.substr(0, 2) / name;
    }
    void rot(const std::string& name) {
        std::filesystem::permissions(file(name), std::filesystem::perms::owner_all);
        ASSERT_TRUE(write_file_durably(file(name), "hellO"));
    }
    io::TestFolder folder_;
    FileBlobs blobs_ = FileBlobs::open(folder_.path() / "blobs").value();
};

TEST_F(BlobsTest, ABlobIsNamedByItsHashAndReadBack) {
    const auto name = blobs_.put("hello").value();
    EXPECT_EQ(name, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(blobs_.put("hello"), name);
    EXPECT_EQ(blobs_.get(name), "hello");
    EXPECT_EQ(blobs_.range(name, 1, 3), "ell");
    EXPECT_EQ(blobs_.range(name, 9, 3), "");
    EXPECT_EQ(blobs_.list().value(), std::vector{name});
    EXPECT_TRUE(blobs_.remove(name));
    EXPECT_TRUE(blobs_.remove(name));
    EXPECT_FALSE(blobs_.has(name));
    EXPECT_EQ(blobs_.get(name).error().kind, Kind::not_found);
}

TEST_F(BlobsTest, RotIsNamedAndNeverServedAndPutHealsIt) {
    const auto name = blobs_.put("hello").value();
    rot(name);
    EXPECT_EQ(blobs_.get(name).error().code, "BlobDamaged");
    EXPECT_NE(blobs_.get(name).error().what.find(name), std::string::npos);
    EXPECT_EQ(blobs_.range(name, 0, 1).error().code, "BlobDamaged");
    EXPECT_EQ(blobs_.put("hello"), name);
    EXPECT_EQ(blobs_.get(name), "hello");
}

TEST_F(BlobsTest, ANameThatIsNoHashReachesNoFile) {
    EXPECT_EQ(blobs_.get("../../etc/passwd").error().kind, Kind::invalid);
    EXPECT_EQ(blobs_.remove("..").error().kind, Kind::invalid);
    EXPECT_FALSE(blobs_.has(""));
}

TEST_F(BlobsTest, LeftoversOfABrokenPutAreSweptAtOpening) {
    const auto draft = folder_.path() / "blobs" / "draft-abcdef";
    ASSERT_TRUE(write_file_durably(draft, "half"));
    (void)FileBlobs::open(folder_.path() / "blobs");
    EXPECT_FALSE(std::filesystem::exists(draft));
}

}  // namespace
}  // namespace mayfly::store
