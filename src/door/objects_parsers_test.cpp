#include "door/aws_chunked.hpp"
#include "door/objects_cors.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"

#include <gtest/gtest.h>

namespace mayfly::door {
namespace {

template <class T>
std::string code(const Result<T>& r) {
    return r ? "ok" : r.error().code;
}

TEST(AwsChunked, IsDecodedWhateverThePieces) {
    const std::string body = "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n";
    for (std::size_t size = 1; size <= body.size(); ++size) {
        AwsChunked chunks(nullptr);
        std::string out;
        for (std::size_t at = 0; at < body.size(); at += size)
            ASSERT_TRUE(chunks.add(std::string_view(body).substr(at, size), out));
        EXPECT_TRUE(chunks.end());
        EXPECT_EQ(out, "hello!");
        EXPECT_EQ(chunks.trailers().at("x-amz-checksum-crc32"), "AA==");
    }
}

TEST(AwsChunked, WhatIsCutShortOrBrokenIsRefused) {
    const auto outcome = [](std::string_view body, const auth::AwsSigned* signer = nullptr) {
        AwsChunked chunks(signer);
        std::string out;
        const auto added = chunks.add(body, out);
        return added ? code(chunks.end()) : code(added);
    };
    EXPECT_EQ(outcome("5\r\nhel"), "IncompleteBody");
    EXPECT_EQ(outcome("5\r\nhello\r\n"), "IncompleteBody");
    EXPECT_EQ(outcome("0\r\na:b"), "IncompleteBody");
    EXPECT_EQ(outcome("5\r\nhello!\r\n0\r\n\r\n"), "InvalidRequest");
    EXPECT_EQ(outcome("g\r\n"), "InvalidRequest");
    EXPECT_EQ(outcome("-5\r\n"), "InvalidRequest");
    EXPECT_EQ(outcome("ffffffffffffffffff\r\n"), "InvalidRequest");
    EXPECT_EQ(outcome("0\r\n\r\nmore"), "InvalidRequest");
    EXPECT_EQ(outcome(std::string(10'000, '1')), "InvalidRequest");
    const auth::AwsSigned signer{.time = "t", .scope = "s", .signing_key = "k", .signature = "0"};
    EXPECT_EQ(outcome("5\r\nhello\r\n0\r\n\r\n", &signer), "InvalidRequest");
    EXPECT_EQ(outcome("5;chunk-signature=00\r\nhello\r\n", &signer), "SignatureDoesNotMatch");
}

TEST(ObjectDocuments, AreReadWithOrWithoutNamespace) {
    for (const auto* root :
         {"<Delete>", "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"}) {
        const auto list = read_delete(std::string(root) +
                                      "<Quiet>true</Quiet><Object><Key>a &amp; b</Key></Object>"
                                      "<Object><Key>c</Key><VersionId>7</VersionId></Object>"
                                      "</Delete>");
        ASSERT_TRUE(list);
        EXPECT_TRUE(list->quiet);
        EXPECT_EQ(list->keys[0].first, "a & b");
        EXPECT_EQ(list->keys[1].second, "7");
    }
    const auto parts = read_complete(
        "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>\"x\"</ETag></Part>"
        "</CompleteMultipartUpload>");
    EXPECT_EQ(parts->front(), std::pair(2, std::string("\"x\"")));
}

TEST(ObjectDocuments, ThatAreMalformedOrHostileAreRefused) {
    const auto deletes = [](std::string text) { return code(read_delete(text)); };
    for (const auto* bad : {"", "<", "<Delete>", "<Delete/>", "<Other/>",
                            "<Delete><Object/></Delete>", "<Delete>\xff</Delete>", "plain"})
        EXPECT_EQ(deletes(bad), "MalformedXML") << bad;
    EXPECT_EQ(deletes("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Delete><Object>"
                      "<Key>&b;</Key></Object></Delete>"),
              "MalformedXML");
    std::string deep, many = "<Delete>";
    for (int i = 0; i < 100'000; ++i) deep += "<a b='/'>";
    EXPECT_EQ(deletes(deep), "MalformedXML");
    for (int i = 0; i < 100'000; ++i) deep += "</a>";
    EXPECT_EQ(deletes(deep), "MalformedXML");
    for (int i = 0; i < 1001; ++i) many += "<Object><Key>k</Key></Object>";
    EXPECT_EQ(deletes(many + "</Delete>"), "MalformedXML");
    EXPECT_EQ(code(read_complete("<CompleteMultipartUpload><Part><PartNumber>10001</PartNumber>"
                                 "</Part></CompleteMultipartUpload>")),
              "InvalidPart");
}

TEST(ObjectDocuments, OfLifecyclesSayWhenOrAreNotKept) {
    const auto read = [](const char* rule) {
        return read_lifecycle("<LifecycleConfiguration><Rule>" + std::string(rule) +
                              "</Rule></LifecycleConfiguration>");
    };
    const auto s3 = read(
        "<Status>Enabled</Status><Filter><And><Prefix>a/</Prefix></And></Filter>"
        "<Expiration><Days>3</Days></Expiration>");
    ASSERT_TRUE(s3) << s3.error().what;
    EXPECT_EQ(s3->front().prefix, "a/");
    EXPECT_EQ(s3->front().days, 3);
    const auto oss = read(
        "<Prefix>b</Prefix><Status>Enabled</Status><AbortMultipartUpload><Days>1"
        "</Days></AbortMultipartUpload>");
    EXPECT_EQ(oss->front().upload_days, 1);
    EXPECT_TRUE(read("<Status>Disabled</Status><Expiration><Days>3</Days></Expiration>")->empty());
    EXPECT_EQ(code(read("<Status>Enabled</Status><Transition/>")), "NotImplemented");
    EXPECT_EQ(code(read("<Status>Enabled</Status><Filter><Tag/></Filter>"
                        "<Expiration><Days>3</Days></Expiration>")),
              "NotImplemented");
    EXPECT_EQ(code(read("<Status>Enabled</Status>")), "MalformedXML");
    EXPECT_EQ(code(read("<Status>Enabled</Status><Expiration><Days>0</Days></Expiration>")),
              "MalformedXML");
}

TEST(Lifecycle, DaysEndAtTheMidnightThatFollows) {
    const WallTime stored{std::chrono::days(100) + std::chrono::hours(10)};
    const std::vector<objects::LifecycleRule> rules{{.prefix = "a/", .days = 1}};
    const auto end = WallTime(std::chrono::days(102));
    EXPECT_FALSE(objects::is_expired(rules, "a/x", stored, end - Seconds{1}));
    EXPECT_TRUE(objects::is_expired(rules, "a/x", stored, end));
    EXPECT_FALSE(objects::is_expired(rules, "b/x", stored, end));
}

TEST(Cors, TheFirstRuleThatFitsDecides) {
    const auto rules =
        read_cors(
            "<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example</AllowedOrigin>"
            "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-oss-*</AllowedHeader>"
            "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>"
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
            "</CORSRule></CORSConfiguration>")
            .value();
    EXPECT_EQ(cors_rule(rules, "https://a.example", "PUT", "X-Oss-Date, x-oss-meta-a"), &rules[0]);
    EXPECT_EQ(cors_rule(rules, "https://a.example", "PUT", "Authorization"), nullptr);
    EXPECT_EQ(cors_rule(rules, "https://example", "PUT", ""), nullptr);
    EXPECT_EQ(cors_rule(rules, "https://a.example", "GET", ""), &rules[1]);
    Response response;
    add_cors_headers(response, rules[0], "https://a.example", "x-oss-date");
    EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "https://a.example");
    EXPECT_EQ(response.headers.get("Access-Control-Max-Age"), "60");
}

TEST(Tags, HaveRules) {
    EXPECT_EQ(read_tags("a=b&c=d%20e").value(), (objects::Pairs{{"a", "b"}, {"c", "d e"}}));
    EXPECT_EQ(code(read_tags("a=1&a=2")), "InvalidTag");
    EXPECT_EQ(code(read_tags("=1")), "InvalidTag");
    EXPECT_EQ(code(read_tags("1=&2=&3=&4=&5=&6=&7=&8=&9=&10=&11=")), "InvalidTag");
    EXPECT_EQ(code(read_tags("k=" + std::string(257, 'x'))), "InvalidTag");
}

TEST(XmlText, EscapesWhatXmlCannotHold) {
    EXPECT_EQ(XmlText("A", "").add("B", "<&>\x01").add("C", 5).add("D", true).end(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A><B>&lt;&amp;&gt;&#x1;</B><C>5</C>"
              "<D>true</D></A>");
}

}  // namespace
}  // namespace mayfly::door
