"""Debian's python3-boto3, unmodified, against the object store."""

import base64
import hashlib
import re
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from support.s3 import client


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    made.create_bucket(Bucket="photos")
    return made


@pytest.fixture(scope="module")
def opaque(house):
    """The same of a server that makes no MD5 unless it is asked to compare one."""
    made = client(house.start("opaque", arguments=["--objects-etag", "opaque"]))
    made.create_bucket(Bucket="photos")
    return made


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_an_empty_put_leaves_the_connection_as_good_as_new(server):
    s3 = client(server, read_timeout=5, max_pool_connections=1)
    s3.create_bucket(Bucket="empty")
    for n, size in enumerate((0, 10, 0, 0, 100_000, 0, 70_000)):
        s3.put_object(Bucket="empty", Key=str(n), Body=b"x" * size)
        assert s3.head_object(Bucket="empty", Key=str(n))["ContentLength"] == size


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_000])
def test_what_was_put_is_got(s3, size):
    body = bytes(i * 7 % 251 for i in range(size % 1000)) * (size // 1000 + 1)
    body = body[:size].ljust(size, b"x")
    put = s3.put_object(Bucket="photos", Key="a b/c+d é.txt", Body=body, ContentType="text/x", Metadata={"k": "v"})
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket="photos", Key="a b/c+d é.txt")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/x", {"k": "v"}, put["ETag"])
    assert s3.head_object(Bucket="photos", Key="a b/c+d é.txt")["ContentLength"] == size


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_000])
def test_an_opaque_etag_tells_bodies_apart_and_is_an_md5_where_the_client_sent_one(opaque, size):
    body, name = b"x" * size, {"Bucket": "photos", "Key": "k"}
    url = opaque.generate_presigned_url("put_object", Params=name)  # some versions of put_object() send an MD5 unasked
    etags = []
    for _ in range(2):
        with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "x/x"}, method="PUT")) as answer:
            etags.append(answer.headers["ETag"])
    assert etags[0] != etags[1] and all(re.fullmatch(r'"[0-9a-f]{32}-1"', etag) for etag in etags)
    assert opaque.get_object(**name, IfMatch=etags[1])["Body"].read() == body
    assert refused(opaque.get_object, **name, IfMatch=etags[0]) == (412, "PreconditionFailed")
    assert opaque.copy_object(Bucket="photos", Key="copy", CopySource=name)["CopyObjectResult"]["ETag"] == etags[1]
    md5 = hashlib.md5(body)
    sent = opaque.put_object(**name, Body=body, ContentMD5=base64.b64encode(md5.digest()).decode())
    assert sent["ETag"] == f'"{md5.hexdigest()}"'
    md5.update(b"y")
    wrong = base64.b64encode(md5.digest()).decode()
    assert refused(opaque.put_object, **name, Body=body, ContentMD5=wrong) == (400, "BadDigest")
    assert opaque.head_object(**name)["ETag"] == sent["ETag"]


def chunked(body):
    """In pieces of a MiB, so that urllib sends them without a length."""
    return (body[at : at + (1 << 20)] for at in range(0, len(body), 1 << 20))


@pytest.mark.parametrize(
    ("size", "sent", "is_md5"),
    [((16 << 20) - 1, bytes, True), (16 << 20, bytes, False), (16 << 20, chunked, True)],
    ids=["below", "from 16 MiB on", "no length"],
)
def test_an_etag_is_opaque_from_16_mib_on_if_nothing_else_is_said(s3, size, sent, is_md5):
    body, name = bytes(i % 251 for i in range(1 << 10)) * (size >> 10) + b"x" * (size % 1024), {"Bucket": "photos", "Key": "large"}
    url = s3.generate_presigned_url("put_object", Params=name)
    with urllib.request.urlopen(urllib.request.Request(url, sent(body), {"Content-Type": "x/x"}, method="PUT")) as answer:
        etag = answer.headers["ETag"].strip('"')
    assert etag == hashlib.md5(body).hexdigest() if is_md5 else re.fullmatch("[0-9a-f]{32}-1", etag)
    assert s3.get_object(**name)["Body"].read() == body
    s3.delete_object(**name)


def test_ranges(s3):
    s3.put_object(Bucket="photos", Key="r", Body=b"0123456789")
    for asked, want in (("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89"), ("bytes=8-99", b"89")):
        got = s3.get_object(Bucket="photos", Key="r", Range=asked)
        assert (got["Body"].read(), got["ResponseMetadata"]["HTTPStatusCode"]) == (want, 206)
    assert got["ContentRange"] == "bytes 8-9/10"
    assert refused(s3.get_object, Bucket="photos", Key="r", Range="bytes=10-") == (416, "InvalidRange")


def test_conditions(s3):
    etag = s3.put_object(Bucket="photos", Key="c", Body=b"x")["ETag"]
    assert refused(s3.get_object, Bucket="photos", Key="c", IfNoneMatch=etag)[0] == 304
    assert refused(s3.get_object, Bucket="photos", Key="c", IfMatch='"no"') == (412, "PreconditionFailed")
    assert s3.get_object(Bucket="photos", Key="c", IfMatch=etag)["Body"].read() == b"x"


def test_what_is_not_there(s3):
    assert refused(s3.get_object, Bucket="photos", Key="nope") == (404, "NoSuchKey")
    assert refused(s3.head_object, Bucket="photos", Key="nope")[0] == 404
    assert refused(s3.get_object, Bucket="no-such-bucket", Key="k") == (404, "NoSuchBucket")
    assert refused(s3.head_bucket, Bucket="no-such-bucket")[0] == 404
    s3.delete_object(Bucket="photos", Key="nope")
    for call, code in (
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
        (s3.get_bucket_tagging, "NoSuchTagSet"),
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
    ):
        assert refused(call, Bucket="photos") == (404, code)


def test_listing_in_pages_with_and_without_delimiter(s3):
    s3.create_bucket(Bucket="listing")
    keys = [f"{folder}/{n:02}.txt" for folder in ("a", "b") for n in range(7)] + ["zz"]
    keys += [f"ü x/{n:02}.txt" for n in range(7)]  # in the order of bytes
    for key in keys:
        s3.put_object(Bucket="listing", Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="listing", PaginationConfig={"PageSize": 4})
    assert [o["Key"] for page in pages for o in page.get("Contents", [])] == keys
    pages = s3.get_paginator("list_objects").paginate(Bucket="listing", PaginationConfig={"PageSize": 5})
    assert [o["Key"] for page in pages for o in page.get("Contents", [])] == keys
    tops = s3.get_paginator("list_objects_v2").paginate(Bucket="listing", Delimiter="/", PaginationConfig={"PageSize": 1})
    found = [p["Prefix"] for page in tops for p in page.get("CommonPrefixes", [])]
    assert found == ["a/", "b/", "ü x/"]
    one = s3.list_objects_v2(Bucket="listing", Prefix="b/", StartAfter="b/04.txt")
    assert [o["Key"] for o in one["Contents"]] == ["b/05.txt", "b/06.txt"]
    assert s3.list_objects_v2(Bucket="listing", MaxKeys=0)["KeyCount"] == 0


def test_copy(s3):
    s3.put_object(Bucket="photos", Key="from é", Body=b"copied", Metadata={"a": "1"})
    s3.copy_object(Bucket="photos", Key="to", CopySource={"Bucket": "photos", "Key": "from é"})
    got = s3.get_object(Bucket="photos", Key="to")
    assert (got["Body"].read(), got["Metadata"]) == (b"copied", {"a": "1"})
    source = {"Bucket": "photos", "Key": "to"}
    s3.copy_object(Bucket="photos", Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert s3.head_object(Bucket="photos", Key="to")["Metadata"] == {"b": "2"}
    assert refused(s3.copy_object, Bucket="photos", Key="to", CopySource=source) == (400, "InvalidRequest")


def test_delete_many(s3):
    keys = [f"many/{n}" for n in range(20)]
    for key in keys:
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    done = s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": k} for k in [*keys, "many/none"]]})
    assert len(done["Deleted"]) == 21
    assert "Contents" not in s3.list_objects_v2(Bucket="photos", Prefix="many/")


def test_multipart_by_the_transfer_manager(s3, tmp_path):
    body = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(700_000))  # 22 MB
    (tmp_path / "in").write_bytes(body)
    s3.upload_file(str(tmp_path / "in"), "photos", "big", ExtraArgs={"ContentType": "video/x"})
    head = s3.head_object(Bucket="photos", Key="big")
    assert head["ETag"].endswith('-3"') and head["ContentType"] == "video/x"
    s3.download_file("photos", "big", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == body
    copy = s3.create_multipart_upload(Bucket="photos", Key="again")["UploadId"]
    source, parts = {"Bucket": "photos", "Key": "big"}, []
    for number, span in ((1, "bytes=0-6000000"), (2, f"bytes=6000001-{len(body) - 1}")):
        part = s3.upload_part_copy(
            Bucket="photos", Key="again", UploadId=copy, PartNumber=number, CopySource=source, CopySourceRange=span
        )
        parts.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
    assert [p["Size"] for p in s3.list_parts(Bucket="photos", Key="again", UploadId=copy)["Parts"]][0] == 6000001
    assert s3.list_multipart_uploads(Bucket="photos")["Uploads"][0]["UploadId"] == copy
    backwards = {"Parts": parts[::-1]}
    where = {"Bucket": "photos", "Key": "again", "UploadId": copy}
    assert refused(s3.complete_multipart_upload, **where, MultipartUpload=backwards) == (400, "InvalidPartOrder")
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="photos", Key="again")["Body"].read() == body
    assert refused(s3.abort_multipart_upload, **where) == (404, "NoSuchUpload")


def test_presigned_urls_of_both_versions(server, s3):
    for signature in ("s3v4", "s3"):
        signer = client(server, signature)
        wanted = {"Bucket": "photos", "Key": f"by url {signature}", "ContentType": "text/x"}
        put = signer.generate_presigned_url("put_object", Params=wanted)
        urllib.request.urlopen(urllib.request.Request(put, b"by url", {"Content-Type": "text/x"}, method="PUT")).close()
        get = signer.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": f"by url {signature}"})
        with urllib.request.urlopen(get) as answer:
            assert answer.read() == b"by url"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(get.replace("by%20url", "by%20URL"))
        assert caught.value.code == 403
    late = signer.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "x"}, ExpiresIn=-1)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(late)
    assert caught.value.code == 403 and b"expired" in caught.value.read()


def test_checksums_are_kept_and_checked(s3):
    for name in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket="photos", Key="sum", Body=b"hello", ChecksumAlgorithm=name)
        got = s3.get_object(Bucket="photos", Key="sum", ChecksumMode="ENABLED")
        assert got[f"Checksum{name}"] and got["Body"].read() == b"hello"
    wrong = {"Bucket": "photos", "Key": "sum", "Body": b"hello"}
    assert refused(s3.put_object, **wrong, ChecksumCRC32="AAAAAA==") == (400, "BadDigest")
    assert refused(s3.put_object, **wrong, ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==") == (400, "BadDigest")
    assert refused(s3.put_object, **wrong, ContentMD5="AAAA") == (400, "InvalidDigest")


def test_tags_versions_and_acl(s3):
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
    one = s3.put_object(Bucket="versions", Key="k", Body=b"1", Tagging="a=b&c=d%20e")["VersionId"]
    two = s3.put_object(Bucket="versions", Key="k", Body=b"2")["VersionId"]
    assert s3.get_object(Bucket="versions", Key="k", VersionId=one)["Body"].read() == b"1"
    tags = s3.get_object_tagging(Bucket="versions", Key="k", VersionId=one)["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d e"}]
    s3.put_object_tagging(Bucket="versions", Key="k", Tagging={"TagSet": [{"Key": "x", "Value": "y"}]})
    assert s3.get_object_tagging(Bucket="versions", Key="k")["TagSet"] == [{"Key": "x", "Value": "y"}]
    assert s3.delete_object(Bucket="versions", Key="k")["DeleteMarker"] is True
    assert refused(s3.get_object, Bucket="versions", Key="k") == (404, "NoSuchKey")
    listed = s3.list_object_versions(Bucket="versions")
    assert [v["VersionId"] for v in listed["Versions"]] == [two, one]
    assert listed["DeleteMarkers"][0]["IsLatest"] is True
    s3.delete_object(Bucket="versions", Key="k", VersionId=listed["DeleteMarkers"][0]["VersionId"])
    assert s3.get_object(Bucket="versions", Key="k")["Body"].read() == b"2"
    s3.put_bucket_acl(Bucket="versions", ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket="versions")["Grants"]) == 2
    assert refused(s3.delete_bucket, Bucket="versions") == (409, "BucketNotEmpty")


def test_strangers_see_only_what_is_public(server, s3):
    s3.put_object(Bucket="photos", Key="hidden", Body=b"x")
    s3.put_object(Bucket="photos", Key="shown", Body=b"x", ACL="public-read")
    with urllib.request.urlopen(f"{server.objects}/photos/shown") as answer:
        assert answer.read() == b"x"
    for path in ("photos/hidden", "photos", "photos/no-such-key", "no-such-bucket", ""):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{server.objects}/{path}")
        assert caught.value.code == 403, path
    wrong = client(server, secret="wrong")
    assert refused(wrong.list_buckets) == (403, "SignatureDoesNotMatch")


def test_buckets(server, s3):
    assert "photos" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert refused(s3.create_bucket, Bucket="Bad_Name") == (400, "InvalidBucketName")
    s3.create_bucket(Bucket="short-lived")
    s3.head_bucket(Bucket="short-lived")
    s3.delete_bucket(Bucket="short-lived")
    assert refused(s3.head_bucket, Bucket="short-lived")[0] == 404
