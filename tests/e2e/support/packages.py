"""Zip packages as clients upload them, and the checksum that Function Compute gives them."""

import base64
import io
import pathlib
import zipfile

FUNCTIONS = pathlib.Path(__file__).resolve().parent.parent / "fn"
_POLYNOMIAL = 0xC96C5795D7870F42  # CRC-64/XZ, reflected


def _table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()


def crc64(data):
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFFFFFFFFFF


def zip_of(files, compression=zipfile.ZIP_DEFLATED, executable=("bootstrap",)):
    """The same files (name to text or bytes) always give the same bytes. `executable`: names with an x bit."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            info.compress_type = compression
            archive.writestr(info, content)
    return out.getvalue()


def function(name):
    """The package of one of the functions in fn/, as a zip with one index.py."""
    return zip_of({"index.py": (FUNCTIONS / f"{name}.py").read_bytes()})


def as_code(zip_bytes):
    """The `code` member of a create or update request."""
    return {"zipFile": base64.b64encode(zip_bytes).decode()}
