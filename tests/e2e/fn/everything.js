'use strict';
// What a forked Node.js must still be able to do; the answer is what it could not.

const assert = require('assert');
const childProcess = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const { Worker } = require('worker_threads');
const zlib = require('zlib');
const { promisify } = require('util');

const tests = {
  // First: it waits for a thread of V8's own, and nothing else has woken the loop yet.
  async wasm() {
    const bytes = Buffer.from('0061736d010000000105016000017f030201000707010372756e00000a06010400412a0b', 'hex');
    const { instance } = await WebAssembly.instantiate(bytes);
    assert.strictEqual(instance.exports.run(), 42);
  },
  gc() {
    let kept = [];
    for (let n = 0; n < 200000; ++n) {
      kept.push({ n, text: 'x' + n });
      if (kept.length > 20000) kept = [];
    }
  },
  jit() {
    const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2));
    assert.strictEqual(f(22), 17711);
  },
  async timers() {
    // On a machine that others load, long may pass between two lines: each is due between two moments.
    const begun = performance.now();
    await new Promise((done) => setImmediate(done)); // the loop's own clock has not stood still since before
    const seen = [];
    const latest = {};
    const after = (n) => (done) => {
      setTimeout(() => done(seen.push(n)), n * 40);
      latest[n] = performance.now() + n * 40;
    };
    await Promise.all([3, 1, 2].map((n) => new Promise(after(n))));
    assert.strictEqual(seen.length, 3);
    seen.forEach((n, at) => seen.slice(at).forEach((later) => assert.ok(begun + n * 40 <= latest[later], `order ${seen}`)));
  },
  async files() {
    await fs.promises.writeFile('/tmp/file', 'kept');
    assert.strictEqual(await fs.promises.readFile('/tmp/file', 'utf8'), 'kept');
  },
  async threadPool() {
    const key = await promisify(crypto.pbkdf2)('secret', 'salt', 1000, 32, 'sha256');
    assert.strictEqual(key.length, 32);
    const packed = await promisify(zlib.gzip)(Buffer.alloc(100000, 'z'));
    assert.strictEqual((await promisify(zlib.gunzip)(packed)).length, 100000);
  },
  async fetch() {
    const server = http.createServer((request, response) => response.end('served ' + request.url));
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/path`);
    assert.strictEqual(await answer.text(), 'served /path');
    server.closeAllConnections?.();
    server.close();
  },
  async processes() {
    const { stdout } = await promisify(childProcess.exec)('echo from a child');
    assert.strictEqual(stdout, 'from a child\n');
  },
  async workerThreads() {
    const worker = new Worker('require("worker_threads").parentPort.postMessage(6 * 7)', { eval: true });
    assert.strictEqual(await new Promise((done, fail) => worker.on('message', done).on('error', fail)), 42);
    await worker.terminate();
  },
  async modules() {
    assert.strictEqual((await import('node:path')).basename('/a/b'), 'b');
  },
  errors() {
    assert.throws(() => null.property, TypeError);
    assert.throws(function deep() { deep(); }, RangeError);
  },
};

// As long as all else together: for every fourth child.
if (Number(process.env.N ?? 0) % 4 !== 0) {
  delete tests.workerThreads;
  delete tests.fetch;
}

exports.handler = async () => {
  const failed = {};
  for (const [name, test] of Object.entries(tests)) {
    try {
      console.log(name); // where it hung, if it did
      await test();
    } catch (error) {
      failed[name] = String(error.stack);
    }
  }
  return failed;
};
