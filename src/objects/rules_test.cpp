#include "objects/conditions.hpp"
#include "objects/listing.hpp"
#include "objects/names.hpp"
#include "objects/range.hpp"

#include <gtest/gtest.h>

namespace mayfly::objects {
namespace {

TEST(Names, OfBucketsHaveRules) {
    for (const auto* good : {"abc", "a-b.c", "0photos", "127.0.0.x"})
        EXPECT_TRUE(check_bucket_name(good)) << good;
    for (const auto* bad : {"ab", "Abc", "a_b", "-ab", "ab-", "a..b", "127.0.0.1", "a/b", ""})
        EXPECT_EQ(check_bucket_name(bad).error().code, "InvalidBucketName") << bad;
    EXPECT_FALSE(check_bucket_name(std::string(64, 'a')));
}

TEST(Names, OfObjectsAreBytesNotPaths) {
    for (const auto* good : {"a", "../../etc/passwd", "//", "/a", "héllo", "a\nb"})
        EXPECT_TRUE(check_key(good)) << good;
    EXPECT_TRUE(check_key(std::string(1024, 'a')));
    EXPECT_EQ(check_key(std::string(1025, 'a')).error().code, "KeyTooLongError");
    EXPECT_FALSE(check_key(""));
    EXPECT_FALSE(check_key(std::string("a\0b", 3)));
    EXPECT_FALSE(check_key("\xff"));
}

TEST(Ranges, AreReadAsHttpSays) {
    using R = std::optional<Range>;
    const auto read = [](const char* header, std::uint64_t size) {
        return read_range(header, size).value();
    };
    EXPECT_EQ(read("bytes=0-0", 5), R({0, 1}));
    EXPECT_EQ(read("bytes=1-3", 5), R({1, 3}));
    EXPECT_EQ(read("bytes=1-99999999999999999999", 5), R({1, 4}));
    EXPECT_EQ(read("bytes=2-", 5), R({2, 3}));
    EXPECT_EQ(read("bytes=-2", 5), R({3, 2}));
    EXPECT_EQ(read("bytes=-9", 5), R({0, 5}));
    for (const auto* whole : {"", "bytes=", "bytes=a-b", "bytes=3-1", "bytes=0-1,3-4", "lines=1-2"})
        EXPECT_EQ(read(whole, 5), R()) << whole;
    for (const auto* beyond : {"bytes=5-", "bytes=9-10", "bytes=-0"})
        EXPECT_EQ(read_range(beyond, 5).error().code, "InvalidRange") << beyond;
    EXPECT_FALSE(read_range("bytes=-1", 0));
}

TEST(Conditions, TagsWinOverTimes) {
    const WallTime t{Seconds{1'000'000}};
    const Object object{.modified = t + Millis{300}, .etag = "abc"};
    EXPECT_EQ(judge_read({.if_match = "\"ABC\", \"x\""}, object), Verdict::go_on);
    EXPECT_EQ(judge_read({.if_match = "\"x\""}, object), Verdict::failed);
    EXPECT_EQ(judge_read({.if_none_match = "*"}, object), Verdict::not_modified);
    EXPECT_EQ(judge_read({.if_modified_since = t}, object), Verdict::not_modified);
    EXPECT_EQ(judge_read({.if_modified_since = t - Seconds{1}}, object), Verdict::go_on);
    EXPECT_EQ(judge_read({.if_unmodified_since = t - Seconds{1}}, object), Verdict::failed);
    EXPECT_EQ(judge_read({.if_none_match = "\"x\"", .if_modified_since = t}, object),
              Verdict::go_on);
    EXPECT_EQ(judge_read({.if_match = "abc", .if_unmodified_since = t - Seconds{9}}, object),
              Verdict::go_on);
}

TEST(Conditions, OnWritingKnowWhetherSomethingIsThere) {
    const Object object{.etag = "abc"};
    EXPECT_EQ(judge_write({.if_none_match = "*"}, nullptr), Verdict::go_on);
    EXPECT_EQ(judge_write({.if_none_match = "*"}, &object), Verdict::failed);
    EXPECT_EQ(judge_write({.if_match = "\"abc\""}, &object), Verdict::go_on);
    EXPECT_EQ(judge_write({.if_match = "\"abc\""}, nullptr), Verdict::failed);
}

// What a page of a listing has, from a plain list of keys.
std::vector<std::string> page(const ListQuery& query, const std::vector<std::string>& keys,
                              std::string* last = nullptr) {
    std::vector<std::string> found;
    Lister lister(query);
    std::string from = lister.start();
    for (const auto& key : keys) {
        if (key < from) continue;
        switch (lister.on(key)) {
            case Lister::Step::take: found.push_back(key); break;
            case Lister::Step::roll: found.push_back(lister.last()); [[fallthrough]];
            case Lister::Step::skip: from = lister.next_start(); break;
            case Lister::Step::full: found.push_back("more"); [[fallthrough]];
            case Lister::Step::done:
                if (last) *last = lister.last();
                return found;
        }
    }
    if (last) *last = lister.last();
    return found;
}

const std::vector<std::string> keys{"a", "b/1", "b/2", "b/c/3", "b0", "c/", "d"};
using Found = std::vector<std::string>;

TEST(Listing, RollsUpWhatHasTheDelimiterBehindThePrefix) {
    EXPECT_EQ(page({.delimiter = "/"}, keys), (Found{"a", "b/", "b0", "c/", "d"}));
    EXPECT_EQ(page({.prefix = "b/", .delimiter = "/"}, keys), (Found{"b/1", "b/2", "b/c/"}));
    EXPECT_EQ(page({.prefix = "b"}, keys), (Found{"b/1", "b/2", "b/c/3", "b0"}));
    EXPECT_EQ(page({.prefix = "zz"}, keys), Found{});
}

TEST(Listing, PagesFollowEachOtherWithoutGapOrTwice) {
    for (const auto* delimiter : {"", "/"})
        for (std::size_t count : {1u, 2u, 3u, 10u}) {
            Found all, whole = page({.delimiter = delimiter}, keys);
            ListQuery query{.delimiter = delimiter, .count = count};
            for (bool more = true; more;) {
                auto one = page(query, keys, &query.after);
                more = !one.empty() && one.back() == "more";
                if (more) one.pop_back();
                ASSERT_LE(one.size(), count);
                all.insert(all.end(), one.begin(), one.end());
            }
            EXPECT_EQ(all, whole) << delimiter << count;
        }
}

TEST(Listing, KnowsWhatComesBehindAPrefix) {
    EXPECT_EQ(behind_all_with("a/"), "a0");
    EXPECT_EQ(behind_all_with("a\xff"), "b");
    EXPECT_EQ(behind_all_with("\xff\xff"), "");
}

}  // namespace
}  // namespace mayfly::objects
