#include "auth/fc_signature.hpp"

#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mayfly::auth {
namespace {

SignatureMemo memo;  // shared by the tests: what it remembers may change no answer

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr auto date = "Mon, 06 May 2024 07:08:09 GMT";
const auto now = *parse_http_date(date);

KeyRing ring() {
    KeyRing keys;
    keys.add({"LTAItestAccessKeyId", "testAccessKeySecret", "1234567890123456"});
    keys.add({"STS.testAccessKeyId", "testAccessKeySecret", "1234567890123456"});
    keys.add({"akID", "S9MWOBG0AOWHSO9HPASP216QOPHT5YR4NLH3A", "1"});
    keys.add({"akid", "akSec", "1"});
    return keys;
}

std::string code(const Result<const AccessKey*>& r) { return r ? "ok" : r.error().code; }

struct Recorded {
    std::string name, method, path, query;
    Headers headers;
};

std::vector<Recorded> recorded() {
    std::ifstream in(std::filesystem::path(__FILE__).parent_path() /
                     "../../tests/data/fc_signatures.txt");
    std::vector<Recorded> all;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# ")) {
            all.push_back(
                {.name = line.substr(2), .method = {}, .path = {}, .query = {}, .headers = {}});
        } else if (line.empty()) {
            continue;
        } else if (auto& r = all.back(); r.method.empty()) {
            const auto space = line.find(' ');
            const auto mark = line.find('?');
            r.method = line.substr(0, space);
            r.path = line.substr(space + 1, mark - space - 1);
            if (mark != line.npos) r.query = line.substr(mark + 1);
        } else {
            const auto colon = line.find(':');
            r.headers.emplace_back(line.substr(0, colon),
                                   trim(std::string_view(line).substr(colon + 1)));
        }
    }
    std::erase_if(all, [](const auto& r) { return r.method.empty() || r.headers.empty(); });
    return all;
}

std::string header_of(const Recorded& r, std::string_view name) {
    for (const auto& [k, v] : r.headers)
        if (iequals(k, name)) return v;
    return {};
}

TEST(FcSignature, EveryRecordedRequestOfFourRealClientsIsAccepted) {
    const auto keys = ring();
    const auto all = recorded();
    EXPECT_EQ(all.size(), 110u);
    for (const auto& r : all) {
        const auto sent = parse_http_date(header_of(r, "date"));
        ASSERT_TRUE(sent) << r.name;
        EXPECT_EQ(code(verify_fc(keys, {r.method, r.path, r.query, r.headers}, *sent, memo)), "ok")
            << r.name;
    }
}

TEST(FcSignature, AChangedMethodPathOrSignedHeaderIsRefused) {
    const auto keys = ring();
    for (const auto& r : recorded()) {
        const auto sent = *parse_http_date(header_of(r, "date"));
        EXPECT_EQ(code(verify_fc(keys, {"PATCH", r.path, r.query, r.headers}, sent, memo)),
                  "SignatureNotMatch");
        EXPECT_EQ(code(verify_fc(keys, {r.method, r.path + "x", r.query, r.headers}, sent, memo)),
                  "SignatureNotMatch");
        auto headers = r.headers;
        headers.emplace_back("X-Fc-Invocation-Type", "Async");
        EXPECT_EQ(code(verify_fc(keys, {r.method, r.path, r.query, headers}, sent, memo)),
                  "SignatureNotMatch");
    }
}

TEST(FcSignature, AnHttpTriggersQueryCannotBeChanged) {
    const auto keys = ring();
    for (const auto& r : recorded())
        if (r.path.find("/proxy/") != r.path.npos)
            EXPECT_EQ(code(verify_fc(keys, {r.method, r.path, "evil=1", r.headers},
                                     *parse_http_date(header_of(r, "date")), memo)),
                      "SignatureNotMatch");
}

// V1, V2, V3: the vectors of the wire facts, made by signing.
TEST(FcSignature, SigningGivesWhatTheRealClientGives) {
    const AccessKey key{"LTAItestAccessKeyId", "testAccessKeySecret", ""};
    const Headers v1 = {{"date", date},
                        {"x-fc-account-id", "1234567890123456"},
                        {"X-Fc-Log-Type", "Tail"},
                        {"content-type", "application/octet-stream"},
                        {"content-md5", "YTczNTNmN2NkZGNlODA4ZGUwMDMyNzQ3YTBiN2JlNTA="}};
    EXPECT_EQ(
        sign_fc(key, {"POST", "/2016-08-15/services/demo/functions/hello/invocations", "", v1}),
        "FC LTAItestAccessKeyId:/sTcTZrWz6OvW4Fy8XEt3Icqf7JrtZfRtK+0ANrZwDg=");
    const Headers plain = {{"date", date}, {"x-fc-account-id", "1234567890123456"}};
    EXPECT_EQ(sign_fc(key, {"GET", "/2016-08-15/services/demo.prod", "", plain}),
              "FC LTAItestAccessKeyId:fgdNpAF1QHt4HAl2GNb6GnWLMA0iSah8MSwqfM+K7Gk=");
    EXPECT_EQ(sign_fc(key, {"GET", "/2016-08-15/proxy/demo/hello/action%20with%20space",
                            "a+b=c%20d&y=1&x=awesome&y=2", plain}),
              "FC LTAItestAccessKeyId:Sy/PKqMlCAoEt9VPxpGbmfWjeqX/EJLp2VDz0G9iWzk=");
}

TEST(FcSignature, FcDateTakesThePlaceOfDate) {
    const auto keys = ring();
    Headers headers = {{"Date", "Thu, 01 Jan 1970 00:00:00 GMT"}, {"x-fc-date", date}};
    headers.emplace_back("Authorization", sign_fc(*keys.find("LTAItestAccessKeyId"),
                                                  {"GET", "/2016-08-15/services", "", headers}));
    EXPECT_EQ(code(verify_fc(keys, {"GET", "/2016-08-15/services", "", headers}, now, memo)), "ok");
}

TEST(FcSignature, EachRefusalHasItsOwnCode) {
    const auto keys = ring();
    const std::string path = "/2016-08-15/services";
    Headers headers = {{"Date", date}};
    const auto try_with = [&](std::string authorization, WallTime at) {
        auto all = headers;
        if (!authorization.empty()) all.emplace_back("Authorization", std::move(authorization));
        return verify_fc(keys, {"GET", path, "", all}, at, memo);
    };
    const auto good = sign_fc(*keys.find("akid"), {"GET", path, "", headers});
    EXPECT_EQ(code(try_with(good, now)), "ok");
    EXPECT_EQ(code(try_with("", now)), "AccessDenied");
    EXPECT_EQ(code(try_with("Basic abc", now)), "AccessDenied");
    EXPECT_EQ(code(try_with("FC nobody:abc", now)), "InvalidAccessKeyID");
    EXPECT_EQ(code(try_with("FC akid:abc", now)), "SignatureNotMatch");
    EXPECT_EQ(code(try_with("FC akid:", now)), "SignatureNotMatch");
    EXPECT_EQ(code(try_with("FC :", now)), "InvalidAccessKeyID");
    EXPECT_EQ(code(try_with(good, now + clock_skew_max)), "ok");
    EXPECT_EQ(code(try_with(good, now - clock_skew_max)), "ok");
    const auto stale = try_with(good, now + clock_skew_max + Seconds(1));
    EXPECT_EQ(code(stale), "AccessDenied");
    EXPECT_NE(stale.error().what.find(date), std::string::npos);
    EXPECT_NE(stale.error().what.find("Mon, 06 May 2024 07:23:10 GMT"), std::string::npos);
    headers = {};
    EXPECT_EQ(code(try_with(sign_fc(*keys.find("akid"), {"GET", path, "", headers}), now)),
              "AccessDenied");
}

WallTime unix_time(int n) { return WallTime(Seconds(n)); }

// V6: the values of the Go client's own test.
TEST(FcSignedUrl, SignsTheDecodedPathAllParametersAndThePromisedHeaders) {
    const Headers headers = {{"Content-MD5", "ef5b43a0fe1d5b401b62c3ba33a7a3d6"},
                             {"Content-Type", "text/json"},
                             {"X-Fc-Trace-Id", "trace-id"}};
    const std::string query =
        "a=123%2045&x=xyz&x=456&x-fc-access-key-id=akID&x-fc-expires=1583221068&x-fc-security-"
        "token=stsToken"
        "&x-fc-signature=" +
        percent_encode("QFdNhz0Dl+onUM/MvpX940WFH3H8OHayZHbby1c01aI=");
    const std::string path = "/2016-08-15/proxy/service.LATEST/func/abc%20123";
    const auto keys = ring();
    EXPECT_EQ(code(verify_fc_url(keys, {"GET", path, query, headers}, unix_time(1583221068), memo)),
              "ok");
    EXPECT_EQ(code(verify_fc_url(keys, {"GET", path, query, headers}, unix_time(1583221069), memo)),
              "AccessDenied");
    EXPECT_EQ(code(verify_fc_url(keys, {"GET", path, query + "&b=1", headers}, unix_time(1), memo)),
              "SignatureNotMatch");
    EXPECT_EQ(code(verify_fc_url(keys, {"POST", path, query, headers}, unix_time(1), memo)),
              "SignatureNotMatch");
    EXPECT_TRUE(is_signed_url(query));
    EXPECT_FALSE(is_signed_url("a=b"));
}

// V7 and V8.
TEST(FcSignedUrl, IsMadeAsTheRealClientMakesIt) {
    const AccessKey key{"akid", "akSec", ""};
    const std::string path = "/2016-08-15/proxy/service/func/";
    const auto expires = unix_time(1583339600);
    EXPECT_TRUE(sign_fc_url(key, path, "x-fc-security-token=stsToken", expires)
                    .ends_with(percent_encode("Yi0jCBQ6cTZc+tN8wtYUz9FbYNijx5jDiE3sVNW6XwA=")));
    const auto query = sign_fc_url(key, path, "", expires);
    EXPECT_TRUE(query.ends_with(percent_encode("6Rc4KxEAv3+lHpbNQWceIUqWVWq3ewxhadlJBRzZ0XQ=")));
    EXPECT_EQ(code(verify_fc_url(ring(), {"GET", path, query, {}}, expires, memo)), "ok");
}

TEST(HttpDate, BothFormsAreReadAndNothingElse) {
    EXPECT_EQ(http_date(now), date);
    EXPECT_EQ(parse_http_date("2024-05-06T07:08:09Z"), now);
    for (const auto* wrong :
         {"", "Mon, 06 May 2024 07:08:09 CET", "Mon, 32 May 2024 07:08:09 GMT",
          "Mon, 06 Mai 2024 07:08:09 GMT", "2024-13-06T07:08:09Z", "2024-05-06 07:08:09Z",
          "Mon, 06 May 2024 07.08.09 GMT", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_FALSE(parse_http_date(wrong)) << wrong;
}

TEST(SignatureMemo, GivesTheSameSignatureAgainAndAnotherForAnotherKeyOrText) {
    const AccessKey key{"id", "secret", "account"}, other{"id", "changed", "account"};
    const std::string first = memo.signature(key, "text");
    EXPECT_EQ(first, base64(hmac_sha256("secret", "text")));
    EXPECT_EQ(memo.signature(key, "text"), first);
    EXPECT_EQ(memo.signature(other, "text"), base64(hmac_sha256("changed", "text")));
    EXPECT_NE(memo.signature(key, "text2"), first);
}

TEST(SignatureMemo, ForgetsTheOldButIsNeverWrong) {
    const AccessKey key{"id", "secret", "account"};
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 2000; ++i) {
            const auto text = std::to_string(i);
            EXPECT_EQ(memo.signature(key, text), base64(hmac_sha256("secret", text)));
        }
}

}  // namespace
}  // namespace mayfly::auth
