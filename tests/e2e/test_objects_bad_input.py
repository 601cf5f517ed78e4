"""What no good client sends: each is refused with its code, and the server goes on."""

import http.client
import re
import socket

import pytest

from support.s3 import client, expect_it_serves, send, signed
from support.waiting import wait_until


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    made.create_bucket(Bucket="bad")
    return made


@pytest.fixture(autouse=True)
def goes_on(server, s3):
    yield
    expect_it_serves(server, s3, "bad")


def refused(answer):
    status, _, body = answer
    return status, re.search(rb"<Code>(\w+)</Code>", body)[1].decode()


@pytest.mark.parametrize("path", ["/bad/../../etc/passwd", "/bad/..", "/bad//a//b", "/bad/./x", "/bad/%2e%2e%2fx", "/bad/a%0Ab", "/bad/%20"])
def test_a_key_is_a_name_and_no_path(server, s3, path):
    assert send(server, "PUT", path, b"x")[0] == 200
    assert send(server, "GET", path)[2] == b"x"
    files = {f.name for f in (server.data / "objects").rglob("*") if f.is_file()}
    assert files <= {"index.db", "index.db-wal", "index.db-shm"}
    assert send(server, "DELETE", path)[0] == 204


@pytest.mark.parametrize(
    "path, code",
    [("/bad/" + "k" * 1025, "KeyTooLongError"), ("/bad/a%00b", "InvalidObjectName"), ("/bad/%FF", "InvalidObjectName")],
)
def test_a_key_that_cannot_be(server, path, code):
    assert refused(send(server, "PUT", path, b"x")) == (400, code)


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]><Delete><Object><Key>&j;</Key></Object></Delete>"


@pytest.mark.parametrize(
    "document",
    [b"", b"<", b"<Delete>", b"<Delete/>", LAUGHS, b"<a>" * 300_000, b"\xff\xfe<Delete/>", b"<Delete><Object><Key/>" + b"\0" * 99],
    ids=["empty", "cut", "open", "nothing", "laughs", "deep", "utf-16", "nul"],
)
def test_a_malformed_document(server, document):
    assert refused(send(server, "POST", "/bad/?delete", document)) == (400, "MalformedXML")


@pytest.mark.parametrize("path", ["/bad/good?tagging", "/bad/?lifecycle", "/bad/?cors", "/bad/?versioning"])
@pytest.mark.parametrize("document", [b"<", LAUGHS, b"<a>" * 300_000], ids=["cut", "laughs", "deep"])
def test_any_other_document_that_is_malformed(server, s3, path, document):
    s3.put_object(Bucket="bad", Key="good", Body=b"good")
    assert refused(send(server, "PUT", path, document)) == (400, "MalformedXML")


def test_a_document_that_is_too_long(server):
    assert refused(send(server, "POST", "/bad/?delete", b" " * ((1 << 20) + 1))) == (400, "MaxMessageLengthExceeded")


def test_parts_out_of_range(server, s3):
    upload = s3.create_multipart_upload(Bucket="bad", Key="m")["UploadId"]
    for number in ("0", "10001", "-1", "x", ""):
        answer = send(server, "PUT", f"/bad/m?partNumber={number}&uploadId={upload}", b"x")
        assert refused(answer) == (400, "InvalidPartNumber"), number
    many = b"<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>" * 10_001
    document = b"<CompleteMultipartUpload>" + many + b"</CompleteMultipartUpload>"
    assert refused(send(server, "POST", f"/bad/m?uploadId={upload}", document)) == (400, "MalformedXML")
    assert refused(send(server, "PUT", "/bad/m?partNumber=1&uploadId=none", b"x")) == (404, "NoSuchUpload")
    s3.abort_multipart_upload(Bucket="bad", Key="m", UploadId=upload)


def test_a_put_of_5_gib_and_a_byte_is_refused_before_its_body(server):
    head = signed(server, "PUT", "/bad/huge", payload="UNSIGNED-PAYLOAD")
    lines = ["PUT /bad/huge HTTP/1.1", f"Content-Length: {(5 << 30) + 1}", *(f"{n}: {v}" for n, v in head.items())]
    address = server.objects.removeprefix("http://")
    lines += [f"Host: {address}"]
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = connection.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 400") and b"EntityTooLarge" in answer


def test_a_chunked_put_that_announces_5_gib_and_a_byte_is_refused_before_its_body(server):
    headers = {"x-amz-decoded-content-length": str((5 << 30) + 1), "x-amz-trailer": "x-amz-checksum-crc32"}
    assert refused(send(server, "PUT", "/bad/huge", b"0\r\n\r\n", headers, CHUNKED)) == (400, "EntityTooLarge")


def exchanged(server, request):
    """What comes back for these bytes, after which this side says no more."""
    host, port = server.objects.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@pytest.mark.parametrize(
    "body",
    [b"", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n", b"xyz\r\nhello\r\n0\r\n\r\n", b"5\r\nhello??0\r\n\r\n", b"fffffffffffffffff\r\nhello"],
)
def test_a_chunked_body_that_ends_early_or_is_none_is_not_stored(server, body):
    head = signed(server, "PUT", "/bad/chunks", payload="UNSIGNED-PAYLOAD")
    address = server.objects.removeprefix("http://")
    lines = ["PUT /bad/chunks HTTP/1.1", f"Host: {address}", "Transfer-Encoding: chunked", *(f"{n}: {v}" for n, v in head.items() if n != "Content-Length")]
    answer = exchanged(server, "\r\n".join([*lines, "", ""]).encode() + body)
    assert b"200 OK" not in answer
    assert refused(send(server, "GET", "/bad/chunks")) == (404, "NoSuchKey")


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_a_presigned_url_that_was_tampered_with_or_expired(server, s3, signature):
    presigning = client(server, signature)
    s3.put_object(Bucket="bad", Key="secret", Body=b"x")

    def got(**wanted):
        url = presigning.generate_presigned_url("get_object", Params={"Bucket": "bad", "Key": "mine"}, **wanted)
        return url.removeprefix(server.objects)

    def answer(path, method="GET"):
        connection = http.client.HTTPConnection(server.objects.removeprefix("http://"), timeout=10)
        connection.request(method, path)
        reply = connection.getresponse()
        try:
            return refused((reply.status, reply.headers, reply.read()))
        finally:
            connection.close()

    url = got()
    assert answer(url) == (404, "NoSuchKey")  # it is signed rightly
    assert answer(url.replace("/mine", "/secret")) == (403, "SignatureDoesNotMatch")
    assert answer(url, "DELETE") == (403, "SignatureDoesNotMatch")
    assert answer(url + "&versionId=null") == (403, "SignatureDoesNotMatch")
    longer = re.sub(r"Expires=(\d+)", lambda m: f"Expires={int(m[1]) + 1000}", url)
    assert longer != url and answer(longer) == (403, "SignatureDoesNotMatch")
    cut = re.sub(r"&?(X-Amz-)?Signature=[^&]+", "", url)
    assert cut != url and answer(cut)[0] in (400, 403)
    assert answer(got(ExpiresIn=-1 if signature == "s3" else 1_000_000))[0] in (400, 403)


CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.mark.parametrize(
    "body, length, code",
    [
        (b"5\r\nhel", "5", "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\n\r\n", "6", "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "5", "BadDigest"),
        (b"zz\r\nhello\r\n0\r\n\r\n", "5", "InvalidRequest"),
        (b"5\r\nhello!!\r\n0\r\n\r\n", "5", "InvalidRequest"),
    ],
)
def test_an_aws_chunked_body_that_is_not_what_it_says(server, body, length, code):
    headers = {"x-amz-decoded-content-length": length, "x-amz-trailer": "x-amz-checksum-crc32"}
    assert refused(send(server, "PUT", "/bad/chunked", body, headers, CHUNKED)) == (400, code)
    assert refused(send(server, "GET", "/bad/chunked")) == (404, "NoSuchKey")


def test_chunks_that_are_not_signed_as_they_say(server):
    headers = {"x-amz-decoded-content-length": "5"}
    body = b"5;chunk-signature=%s\r\nhello\r\n0;chunk-signature=%s\r\n\r\n" % (b"0" * 64, b"0" * 64)
    answer = send(server, "PUT", "/bad/chunked", body, headers, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert refused(answer) == (403, "SignatureDoesNotMatch")


def test_a_body_that_is_not_the_one_signed(server):
    headers = signed(server, "PUT", "/bad/other", b"signed")
    answer = send(server, "PUT", "/bad/other", b"other!", payload=headers["X-Amz-Content-SHA256"])
    assert refused(answer) == (400, "XAmzContentSHA256Mismatch")


def test_a_connection_cut_in_the_middle_of_a_put_leaves_nothing(server):
    head = signed(server, "PUT", "/bad/cut", payload="UNSIGNED-PAYLOAD")
    address = server.objects.removeprefix("http://")
    lines = ["PUT /bad/cut HTTP/1.1", "Content-Length: 9000000", f"Host: {address}", *(f"{n}: {v}" for n, v in head.items())]
    host, port = address.split(":")
    drafts = server.data / "objects/bodies/drafts"
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + b"x" * 5_000_000)
        wait_until(lambda: list(drafts.iterdir()), "a draft is there")
    wait_until(lambda: not list(drafts.iterdir()), "the draft is gone")
    assert refused(send(server, "GET", "/bad/cut")) == (404, "NoSuchKey")


@pytest.mark.parametrize("setting", ["website", "encryption", "notification", "logging"])
def test_what_would_have_no_effect_is_not_kept(server, setting):
    assert refused(send(server, "PUT", f"/bad/?{setting}", b"<x/>")) == (501, "NotImplemented")


@pytest.mark.parametrize(
    "header, value",
    [
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-website-redirect-location", "/other"),
        ("x-amz-grant-read", "id=1"),
    ],
)
def test_a_header_that_would_have_no_effect_is_refused(server, header, value):
    assert refused(send(server, "PUT", "/bad/effect", b"x", {header: value})) == (501, "NotImplemented")
    assert refused(send(server, "GET", "/bad/effect")) == (404, "NoSuchKey")


def test_the_storage_class_that_there_is_may_be_named(server):
    assert send(server, "PUT", "/bad/effect", b"x", {"x-amz-storage-class": "STANDARD"})[0] == 200


@pytest.mark.parametrize("method", ["PATCH", "POST", "TRACE"])
def test_a_method_that_is_not_there(server, method):
    assert refused(send(server, method, "/bad/x")) == (405, "MethodNotAllowed")


def test_a_header_that_was_added_on_the_way_is_refused(server):
    headers = signed(server, "PUT", "/bad/added", b"x") | {"x-amz-acl": "public-read"}
    connection = http.client.HTTPConnection(server.objects.removeprefix("http://"), timeout=10)
    connection.request("PUT", "/bad/added", b"x", headers)
    answer = connection.getresponse()
    assert answer.status == 403 and b"must be signed" in answer.read()
    connection.close()
