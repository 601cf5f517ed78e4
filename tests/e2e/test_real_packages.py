"""Functions that need what real ones need: the host's Python packages, and packages from npm by a layer."""

import struct

import pytest

from support import npm
from support.packages import as_code, zip_of

SERVICE = "s"
NUMPY_AND_PILLOW = """
import io
import numpy
from PIL import Image

def handler(event, context):
    image = Image.open(io.BytesIO(event)).convert("RGB").resize((32, 24))
    red = numpy.asarray(image)[:, :, 0]
    solved = numpy.linalg.solve(numpy.array([[3.0, 1.0], [1.0, 2.0]]), numpy.array([9.0, 8.0]))
    return {"shape": red.shape, "red": float(red.mean()), "solved": solved.round(6).tolist()}
"""
JIMP = """
const { Jimp } = require('jimp');
exports.handler = async (event) => {
  const image = await Jimp.read(event);
  return (await image.resize({ w: 32, h: 24 }).getBuffer('image/png'));
};
"""
AXIOS = """
const axios = require('axios');
const http = require('http');
exports.handler = async (event) => {
  const server = http.createServer((request, response) => request.pipe(response));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const answer = await axios.post(`http://127.0.0.1:${server.address().port}/`, event, { responseType: 'text' });
  server.close();
  return `${answer.status} ${answer.data}`;
};
"""


@pytest.fixture(scope="module")
def png(fc):
    """A red picture, made by a function."""
    code = (
        "import io\nfrom PIL import Image\n"
        "def handler(event, context):\n"
        "    out = io.BytesIO()\n"
        "    Image.new('RGB', (64, 48), (255, 0, 0)).save(out, 'PNG')\n"
        "    return out.getvalue()\n"
    )
    fc.make(SERVICE, "picture", code, memorySize=256, timeout=20)
    return fc.invoke(SERVICE, "picture").result


@pytest.fixture(scope="module")
def npm_layer(fc):
    package = zip_of({f"nodejs/node_modules/{name}": content for name, content in npm.files_of("jimp", "axios").items()})
    answer = fc.json("POST", "layers/npm/versions", {"code": as_code(package), "compatibleRuntime": ["nodejs20"]})
    assert answer.status == 200, answer.body
    return answer.json["arnV2"]


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("isolation", ["standard", "strict"])
def test_the_hosts_numpy_and_pillow(make, png, isolation):
    call = make(NUMPY_AND_PILLOW, memorySize=512, timeout=30, isolation=isolation)
    assert call(png).json == {"shape": [24, 32], "red": 255.0, "solved": [2.0, 3.0]}


@pytest.mark.parametrize("isolation", ["standard", "strict"])
def test_jimp_from_a_layer(make, png, npm_layer, isolation):
    node = {"runtime": "nodejs20", "memorySize": 512, "timeout": 30, "layers": [npm_layer], "isolation": isolation}
    assert size_of(png) == (64, 48)
    assert size_of(make({"index.js": JIMP}, **node)(png).result) == (32, 24)


def test_axios_from_a_layer(make, npm_layer):
    node = {"runtime": "nodejs20", "memorySize": 256, "timeout": 30, "layers": [npm_layer]}
    assert make({"index.js": AXIOS}, **node)(b"over loopback").result == b"200 over loopback"


def test_npm_packages_inside_of_the_function_itself(make):
    files = {f"node_modules/{name}": content for name, content in npm.files_of("axios").items()}
    call = make({"index.js": AXIOS, **files}, runtime="nodejs20", memorySize=256, timeout=30)
    assert call(b"packed").result == b"200 packed"
