#include "objects/objects_for_tests.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace mayfly::objects {
namespace {

std::string bytes_of(std::size_t size) {
    std::string out(size, '\0');
    SeededRng rng(7);
    for (auto& c : out) c = static_cast<char>(rng.next());
    return out;
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
}

struct Objects : testing::Test, StoreForTests {
    Objects() { make_bucket(); }
};

TEST_F(Objects, AreReadBackWhateverTheirSize) {
    for (const std::size_t size :
         {0ul, 1ul, inline_bytes_max, inline_bytes_max + 1, 3 * block_bytes, (5ul << 20) + 7}) {
        const auto bytes = bytes_of(size);
        const auto put_object = put("k", bytes);
        ASSERT_TRUE(put_object) << put_object.error().what;
        EXPECT_EQ(put_object->size, size);
        EXPECT_EQ(put_object->crc64, crc64(bytes));
        EXPECT_EQ(get("k").value(), bytes) << size;
    }
}

TEST_F(Objects, WithoutAnMd5EachBodyHasAnEtagOfItsOwn) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{5}, inline_bytes_max + 1, std::size_t{3} << 20}) {
        const auto put = [&] {
            return run(store->put(
                           {.bucket = "b", .key = "k", .body = body(bytes_of(size), {}).value()}))
                .value();
        };
        const auto first = put(), second = put();
        EXPECT_NE(first.etag, second.etag) << size;
        EXPECT_EQ(first.crc64, second.crc64) << size;
        EXPECT_FALSE(md5_of(first)) << size;
        EXPECT_EQ(get("k").value(), bytes_of(size)) << size;
    }
    EXPECT_EQ(md5_of(put("k", "x").value()), md5("x"));
}

TEST_F(Objects, WhatIsReadOftenIsNeverOld) {
    for (int n = 0; n < 20; ++n) {
        const auto bytes = std::to_string(n);
        ASSERT_TRUE(put("k", bytes));
        for (int again = 0; again < 3; ++again) EXPECT_EQ(get("k").value(), bytes);
        const auto object = store->find("b", "k").value();
        auto meta = object->meta;
        meta.user = {{"n", bytes}};
        ASSERT_TRUE(run(store->set_meta("b", *object, meta)));
        EXPECT_EQ(store->find("b", "k").value()->meta.user, meta.user);
    }
    ASSERT_TRUE(run(store->remove("b", "k", {}, {})));
    EXPECT_EQ(get("k").error().code, "NoSuchKey");
}

TEST_F(Objects, WhatIsDroppedInTheMiddleLeavesNothing) {
    for (int n = 0; n < 8; ++n) {
        auto incoming = store->begin({"sha256"});
        ASSERT_TRUE(run(add(incoming, bytes_of((1u << 20) * static_cast<std::size_t>(n) + 5))));
    }
    pool = nullptr;  // its jobs have ended
    EXPECT_TRUE(files_in(folder.path() / "objects/bodies").empty());
}

TEST_F(Objects, SurviveARestart) {
    const auto large = bytes_of(1 << 20);
    ASSERT_TRUE(put("small", "x"));
    ASSERT_TRUE(put("large", large));
    open();
    EXPECT_EQ(get("small").value(), "x");
    EXPECT_EQ(get("large").value(), large);
    EXPECT_EQ(store->buckets("1").size(), 1u);
}

TEST_F(Objects, RangesAreReadOverBlocks) {
    const auto bytes = bytes_of(3 * block_bytes + 100);
    const auto object = put("k", bytes).value();
    for (const auto& [from, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {0, 1}, {block_bytes - 1, 2}, {5, 2 * block_bytes}, {3 * block_bytes, 100}}) {
        auto reading = store->read(object, {from, count}).value();
        std::string got;
        for (;;) {
            const auto piece = run(reading.next()).value();
            if (piece.empty()) break;
            got += piece;
        }
        EXPECT_EQ(got, bytes.substr(from, count)) << from;
    }
}

TEST_F(Objects, ARottenByteIsNamedAndNeverServed) {
    ASSERT_TRUE(put("k", bytes_of(3 * block_bytes)));
    const auto files = files_in(folder.path() / "objects" / "bodies");
    ASSERT_EQ(files.size(), 1u);
    std::fstream file(files[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2 * block_bytes + 5);
    file.put('\x7f');
    file.close();
    const auto got = get("k");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, "ObjectDamaged");
    EXPECT_NE(got.error().what.find(files[0].filename().string()), std::string::npos);
}

TEST_F(Objects, AScrubFindsEveryDamageAndNothingElse) {
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(put(std::to_string(i), bytes_of(100'000)));
    ASSERT_TRUE(put("small", "x"));
    io::SystemTimers timers(loop);
    EXPECT_EQ(run(store->scrub(timers))->damaged, 0);
    const auto files = files_in(folder.path() / "objects" / "bodies");
    ASSERT_EQ(files.size(), 40u);
    for (std::size_t i = 0; i < 10; ++i) {
        std::fstream file(files[i], std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(i * 9'000));
        const auto byte = static_cast<char>(file.get() ^ 1);
        file.seekp(static_cast<std::streamoff>(i * 9'000));
        file.put(byte);
    }
    const auto scrubbed = run(store->scrub(timers)).value();
    EXPECT_EQ(scrubbed.bodies, 41);
    EXPECT_EQ(scrubbed.damaged, 10);
}

TEST_F(Objects, AFileThatNothingNamesGoesAtTheNextStart) {
    ASSERT_TRUE(put("k", bytes_of(100'000)));
    const auto kept = files_in(folder.path() / "objects" / "bodies").at(0);
    const auto orphan = folder.path() / "objects" / "bodies" / "0a" / "000000000000000a";
    std::filesystem::copy_file(kept, orphan);
    EXPECT_EQ(run(store->drop_orphans()).value(), 0) << "it may be a put that is under way";
    for (const auto& file : {kept, orphan})
        std::filesystem::last_write_time(
            file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    open();
    EXPECT_EQ(run(store->drop_orphans()).value(), 1);
    EXPECT_FALSE(std::filesystem::exists(orphan));
    EXPECT_TRUE(get("k"));
}

TEST_F(Objects, AFileThatIsCutShortOrGoneIsNoticed) {
    ASSERT_TRUE(put("k", bytes_of(3 * block_bytes)));
    const auto file = files_in(folder.path() / "objects" / "bodies").at(0);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
    EXPECT_EQ(get("k").error().code, "ObjectDamaged");
    std::filesystem::remove(file);
    EXPECT_EQ(get("k").error().code, "ObjectDamaged");
}

TEST_F(Objects, WhatIsOverwrittenLeavesNoFileBehind) {
    ASSERT_TRUE(put("k", bytes_of(1 << 20)));
    ASSERT_TRUE(put("k", "small"));
    EXPECT_EQ(run(store->sweep()).value(), 0) << "someone may still read it";
    struct Later : Clock {
        Time now() const override { return SystemClock().now(); }
        WallTime wall() const override { return SystemClock().wall() + std::chrono::hours(1); }
    } later;
    store = nullptr;
    store =
        Store::open(folder.path() / "objects", loop.get_executor(), *pool, later, rng, log).value();
    EXPECT_EQ(run(store->sweep()).value(), 1);
    EXPECT_TRUE(files_in(folder.path() / "objects" / "bodies").empty());
    store = nullptr;
}

TEST_F(Objects, ACopySharesItsBytesAndOutlivesItsSource) {
    const auto bytes = bytes_of(1 << 20);
    const auto object = put("k", bytes).value();
    ASSERT_TRUE(run(store->copy({.from_bucket = "b", .from = object, .bucket = "b", .key = "c"})));
    EXPECT_EQ(files_in(folder.path() / "objects" / "bodies").size(), 1u);
    ASSERT_TRUE(run(store->remove("b", "k", {}, {})));
    EXPECT_EQ(get("k").error().code, "NoSuchKey");
    EXPECT_EQ(get("c").value(), bytes);
}

TEST_F(Objects, AConditionThatFailsChangesNothing) {
    ASSERT_TRUE(put("k", "old"));
    EXPECT_EQ(put("k", "new", {.conditions = {.if_none_match = "*"}}).error().code,
              "PreconditionFailed");
    EXPECT_EQ(put("k", "new", {.keep_present = true}).error().code, "FileAlreadyExists");
    EXPECT_EQ(get("k").value(), "old");
}

TEST_F(Objects, AppendedPiecesAreJoined) {
    const auto append = [&](const std::string& bytes, std::uint64_t at) {
        return run(store->append({.bucket = "b", .key = "k", .body = body(bytes).value()}, at));
    };
    std::string all;
    for (int i = 0; i < 5; ++i) {
        const auto piece = bytes_of(static_cast<std::size_t>(1 + i * 30'000));
        ASSERT_TRUE(append(piece, all.size()));
        all += piece;
    }
    EXPECT_EQ(append("x", 1).error().code, "PositionNotEqualToLength");
    EXPECT_EQ(get("k").value(), all);
    EXPECT_EQ(store->find("b", "k").value()->crc64, crc64(all));
    ASSERT_TRUE(put("n", "x"));
    EXPECT_EQ(
        run(store->append({.bucket = "b", .key = "n", .body = body("y").value()}, 1)).error().code,
        "ObjectNotAppendable");
}

TEST_F(Objects, VersionsAreKeptAndComeBack) {
    ASSERT_TRUE(put("k", "before"));
    ASSERT_TRUE(run(store->set_versioning("b", Versioning::enabled)));
    const auto one = put("k", "one").value(), two = put("k", "two").value();
    EXPECT_EQ(get("k", "null").value(), "before");
    EXPECT_EQ(get("k", version_id(one)).value(), "one");
    const auto removed = run(store->remove("b", "k", {}, {})).value();
    EXPECT_TRUE(removed.marker);
    EXPECT_EQ(get("k").error().code, "NoSuchKey");
    const auto page = run(store->list_versions("b", {}, "")).value();
    ASSERT_EQ(page.versions.size(), 4u);
    EXPECT_TRUE(page.versions[0].is_marker && page.versions[0].is_latest);
    EXPECT_FALSE(page.versions[1].is_latest);
    ASSERT_TRUE(run(store->remove("b", "k", removed.version, {})));  // the marker: back it comes
    EXPECT_EQ(get("k").value(), "two");
    ASSERT_TRUE(run(store->remove("b", "k", version_id(two), {})));
    EXPECT_EQ(get("k").value(), "one");
}

TEST_F(Objects, OfASuspendedBucketHaveOneNullVersion) {
    ASSERT_TRUE(run(store->set_versioning("b", Versioning::enabled)));
    ASSERT_TRUE(put("k", "kept"));
    ASSERT_TRUE(run(store->set_versioning("b", Versioning::suspended)));
    ASSERT_TRUE(put("k", "null 1"));
    ASSERT_TRUE(put("k", "null 2"));
    ASSERT_TRUE(run(store->remove("b", "k", {}, {})));
    const auto page = run(store->list_versions("b", {}, "")).value();
    ASSERT_EQ(page.versions.size(), 2u);
    EXPECT_TRUE(page.versions[0].is_marker);
    EXPECT_EQ(version_id(page.versions[0]), "null");
}

TEST_F(Objects, VersionPagesFollowEachOther) {
    ASSERT_TRUE(run(store->set_versioning("b", Versioning::enabled)));
    for (const auto* key : {"a", "b/1", "b/2", "c"})
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(put(key, std::to_string(i)));
    for (const std::size_t count : {1u, 2u, 5u, 100u}) {
        std::vector<std::string> seen;
        ListQuery query{.count = count};
        std::string after;
        for (bool more = true; more;) {
            const auto page = run(store->list_versions("b", query, after)).value();
            ASSERT_LE(page.versions.size(), count);
            for (const auto& one : page.versions) seen.push_back(one.key + version_id(one));
            more = page.more;
            query.after = page.last_key;
            after = page.last_version;
        }
        EXPECT_EQ(seen.size(), 12u) << count;
        EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 12u) << count;
    }
}

TEST_F(Objects, PartsBecomeOneObject) {
    const auto id = run(store->start_upload("b", "k", {}, {})).value();
    const auto first = bytes_of(6 << 20), last = bytes_of(10);
    std::vector<std::pair<int, std::string>> list;
    for (const auto& [number, bytes] : {std::pair{7, last}, {2, first}}) {
        const auto part =
            run(store->put_part("b", "k", id, number, body(bytes).value(), "")).value();
        list.insert(list.begin(), {number, part.etag});
    }
    const auto complete = [&](auto parts) {
        return run(store->complete(
            {.bucket = "b", .key = "k", .id = id, .parts = parts, .part_bytes_min = 5 << 20}));
    };
    using Parts = decltype(list);
    EXPECT_EQ(complete(Parts{list[1], list[0]}).error().code, "InvalidPartOrder");
    EXPECT_EQ(complete(Parts{{2, "x"}}).error().code, "InvalidPart");
    const auto made = complete(list);
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_TRUE(made->etag.ends_with("-2"));
    EXPECT_EQ(made->crc64, crc64(first + last));
    EXPECT_EQ(get("k").value(), first + last);
    EXPECT_EQ(complete(list).error().code, "NoSuchUpload");
}

TEST_F(Objects, ABucketMustBeEmptyToGo) {
    ASSERT_TRUE(put("k", "x"));
    EXPECT_EQ(run(store->remove_bucket("b")).error().code, "BucketNotEmpty");
    ASSERT_TRUE(run(store->remove("b", "k", {}, {})));
    ASSERT_TRUE(run(store->remove_bucket("b")));
    EXPECT_EQ(put("k", "x").error().code, "NoSuchBucket");
    EXPECT_EQ(run(store->make_bucket("2", "b", Acl::closed)).has_value(), true);
    EXPECT_EQ(run(store->make_bucket("1", "b", Acl::closed)).error().code, "BucketAlreadyExists");
}

TEST_F(Objects, AChangeAndItsEventAreOneTransaction) {
    store->set_watches({{.target = "t",
                         .rule = "r",
                         .region = "cn-x",
                         .account = "1",
                         .bucket = "b",
                         .events = {"oss:ObjectCreated:*"},
                         .prefix = "in/",
                         .suffix = ".jpg"}});
    int told = 0;
    store->on_outbox([&] { ++told; });
    ASSERT_TRUE(put("in/a.jpg", "1", {.cause = {.event = "ObjectCreated:PutObject"}}));
    ASSERT_TRUE(put("in/a.txt", "1", {.cause = {.event = "ObjectCreated:PutObject"}}));
    ASSERT_FALSE(
        put("in/a.jpg", "2",
            {.conditions = {.if_none_match = "*"}, .cause = {.event = "ObjectCreated:PutObject"}}));
    EXPECT_EQ(told, 1);
    open();
    auto events = store->outbox().due(clock.wall(), 10).value();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].target, "t");
    EXPECT_NE(events[0].event.find(R"("key":"in/a.jpg")"), std::string::npos);
    ASSERT_TRUE(run(store->outbox().later(events[0].id, clock.wall() + Seconds{100})));
    EXPECT_TRUE(store->outbox().due(clock.wall(), 10)->empty());
    ASSERT_TRUE(run(store->outbox().handled(events[0].id)));
    EXPECT_EQ(store->outbox().size().value(), 0);
}

TEST_F(Objects, WhatATriggerLedToDoesNotSetItOffAgainButOthers) {
    const auto watch = [](std::string trigger) {
        return Watch{.target = trigger,
                     .name = watch_name("1", "s", "f", trigger),
                     .account = "1",
                     .bucket = "b",
                     .events = {"oss:ObjectCreated:*"}};
    };
    store->set_watches({watch("first"), watch("second")});
    std::vector<NearMiss> missed;
    store->on_near_miss([&](const NearMiss& miss) { missed.push_back(miss); });
    ASSERT_TRUE(put("k", "1",
                    {.cause = {.event = "ObjectCreated:PutObject",
                               .trigger = watch_name("1", "s", "f", "first"),
                               .event_id = "1-2-3",
                               .depth = 4,
                               .traceparent = "00-of-the-call"}}));
    const auto events = store->outbox().due(clock.wall(), 10).value();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].target, "second");
    EXPECT_EQ(events[0].parent, "1-2-3");
    EXPECT_EQ(events[0].depth, 5);
    EXPECT_EQ(events[0].traceparent, "00-of-the-call");
    ASSERT_EQ(missed.size(), 1u);
    EXPECT_EQ(missed[0].target, "first");
}

}  // namespace
}  // namespace mayfly::objects
