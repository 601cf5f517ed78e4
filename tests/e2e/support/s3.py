"""boto3 pointed at a server of ours, and single requests signed by botocore for what boto3 would not send."""

import http.client

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials


def client(server, signature="s3v4", secret=None, key_id=None, **options):
    key = server.key()
    return boto3.client(
        "s3",
        endpoint_url=server.objects,
        aws_access_key_id=key_id or key.id,
        aws_secret_access_key=secret or key.secret,
        region_name="us-east-1",
        config=botocore.config.Config(
            s3={"addressing_style": "path"}, signature_version=signature, retries={"max_attempts": 0}, **options
        ),
    )


def expect_it_serves(server, s3, bucket):
    """Whatever it was asked before, the server is alive, and stores and gives."""
    assert server.process.poll() is None, server.output()
    s3.put_object(Bucket=bucket, Key="good", Body=b"good")
    assert s3.get_object(Bucket=bucket, Key="good")["Body"].read() == b"good"


def signed(server, method, path, body=b"", headers=None, payload=None):
    """Headers that sign a request for this path (encoded) and query."""
    key = server.key()
    request = botocore.awsrequest.AWSRequest(method, server.objects + path, headers=headers or {}, data=body)
    if payload:
        request.headers["X-Amz-Content-SHA256"] = payload
    signer = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(key.id, key.secret), "s3", "us-east-1")
    if payload:
        signer.payload = lambda _: payload
    signer.add_auth(request)
    return dict(request.headers.items())


def send(server, method, path, body=b"", headers=None, payload=None):
    """Status, headers and body of one request on a connection of its own."""
    address = server.objects.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request(method, path, body, signed(server, method, path, body, headers, payload))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
