"""ACS3-HMAC-SHA256, as the Tea SDKs sign API 2021-04-06 and 2023-03-30."""

import datetime
import hashlib
import hmac
import re
import urllib.parse
import uuid

SCHEME = "ACS3-HMAC-SHA256"


def canonical_query(query):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs))


def authorization(key, method, path, query, headers, names):
    """The header's value; `names` are those that are signed, in lower case, in order."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    block = "".join(f"{name}:{lower[name]}\n" for name in names)
    listed = ";".join(names)
    canonical = "\n".join([method, path, canonical_query(query), block, listed, lower["x-acs-content-sha256"]])
    text = f"{SCHEME}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    digest = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{SCHEME} Credential={key.id},SignedHeaders={listed},Signature={digest}"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(key, host, method, path, query="", body=b"", **more):
    """All headers of a request. `more`: further ones, x_fc_… with underscores."""
    headers = {
        "host": host,
        "x-acs-version": path.split("/")[1],
        "x-acs-date": now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    names = sorted(headers)
    headers.update({name.replace("_", "-"): value for name, value in more.items()})
    return {**headers, "Authorization": authorization(key, method, path, query, headers, names)}


def signed_again(key, method, path, query, headers, body):
    """Of a captured request: the date and what follows from it are today's; the same headers are signed."""
    names = {name.lower(): name for name in headers}
    headers[names["x-acs-date"]] = now()
    headers[names["x-acs-signature-nonce"]] = uuid.uuid4().hex
    headers[names["x-acs-content-sha256"]] = hashlib.sha256(body).hexdigest()
    listed = re.search("SignedHeaders=([^,]+)", headers[names["authorization"]])[1].split(";")
    headers[names["authorization"]] = authorization(key, method, path, query, headers, listed)
