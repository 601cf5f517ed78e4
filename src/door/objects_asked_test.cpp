#include "door/objects_asked.hpp"

#include "auth/http_date.hpp"
#include "auth/signed_parts.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mayfly::door {
namespace {

struct Recorded {
    std::string name;
    Request request;
};

// Requests that public clients really sent; see the file.
std::vector<Recorded> recorded() {
    std::ifstream in(std::filesystem::path(__FILE__).parent_path() /
                     "../../tests/data/object_signatures.txt");
    std::vector<Recorded> all;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# ")) {
            all.push_back({.name = line.substr(2)});
        } else if (line.empty()) {
            continue;
        } else if (auto& r = all.back().request; r.method.empty()) {
            const auto space = line.find(' ');
            r.method = line.substr(0, space);
            r.target = line.substr(space + 1);
        } else {
            const auto colon = line.find(':');
            r.headers.add(line.substr(0, colon),
                          std::string(trim(std::string_view(line).substr(colon + 1))));
        }
    }
    std::erase_if(all, [](const auto& r) { return r.request.method.empty(); });
    for (auto& [_, r] : all) {
        const std::string_view target = r.target;
        const auto mark = target.find('?');
        r.path = target.substr(0, mark);
        r.query = mark == target.npos ? "" : target.substr(mark + 1);
    }
    return all;
}

// When it was sent, as it says itself; a URL of V1 or V2 says only until when it is good.
WallTime when(const Request& r) {
    for (const auto* name : {"x-oss-date", "x-amz-date", "date"})
        if (const auto text = r.headers.get(name); !text.empty())
            return text.find(',') == text.npos ? *auth::parse_basic_time(text)
                                               : *auth::parse_http_date(text);
    for (const auto* name : {"X-Amz-Date", "x-oss-date"})
        if (const auto text = auth::parameter(r.query, name); !text.empty())
            return *auth::parse_basic_time(text);
    return WallTime(Seconds(*parse_int(auth::parameter(r.query, "Expires"))));
}

auth::KeyRing ring(const char* secret) {
    auth::KeyRing keys;
    keys.add({"AKIDEXAMPLE", secret, "1"});
    return keys;
}

TEST(ObjectRequests, OfPublicClientsAreVerifiedAsTheySentThem) {
    const auto all = recorded();
    ASSERT_GT(all.size(), 100u);
    const auto keys = ring("SECRETEXAMPLE"), others = ring("SECRETEXAMPLF");
    for (const auto& [name, request] : all) {
        // These two signed URLs were made for a bucket that they do not name: useless to everyone.
        if (name.starts_with("ali-oss-v4: 22") || name.starts_with("ali-oss-v4: 23")) continue;
        auto asked = objects_asked(request);
        const auto known = identify(keys, nullptr, request, when(request), asked);
        ASSERT_TRUE(known) << name << " " << request.target << ": " << known.error().what;
        EXPECT_NE(asked.key_used, nullptr) << name;
        EXPECT_EQ(asked.dialect, name.starts_with("ali-oss") ? Dialect::oss : Dialect::s3) << name;
        EXPECT_FALSE(identify(others, nullptr, request, when(request), asked)) << name;
    }
}

TEST(ObjectRequests, NameTheirBucketInTheHostOrInThePath) {
    using Places = std::vector<std::pair<std::string, std::string>>;
    const auto places = [](const char* host, const char* path) {
        Places found;
        for (const auto& one : object_places(host, path)) found.emplace_back(one.bucket, one.key);
        return found;
    };
    EXPECT_EQ(places("127.0.0.1:7401", "/b/k/l"), (Places{{"b", "k/l"}}));
    EXPECT_EQ(places("127.0.0.1:7401", "/"), (Places{{"", ""}}));
    EXPECT_EQ(places("localhost:7401", "/b/"), (Places{{"b", ""}}));
    EXPECT_EQ(places("b.localhost:7401", "/k%20l"), (Places{{"b", "k l"}}));
    EXPECT_EQ(places("b.oss-cn-hangzhou.aliyuncs.com", "/k"), (Places{{"b", "k"}}));
    EXPECT_EQ(places("b.oss-cn-hangzhou.aliyuncs.com", "/b/k"), (Places{{"b", "k"}, {"b", "b/k"}}));
    EXPECT_EQ(places(".oss-cn-hangzhou.aliyuncs.com", "/"), (Places{{"", ""}}));
    EXPECT_EQ(places("x.y.s3.us-east-1.amazonaws.com", "/k"), (Places{{"x.y", "k"}}));
    EXPECT_EQ(places("127.0.0.1", "/b//../k"), (Places{{"b", "/../k"}}));
}

}  // namespace
}  // namespace mayfly::door
