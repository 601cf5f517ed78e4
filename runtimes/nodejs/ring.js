'use strict';
// Frames by memory that is shared with the server (runtimes/PROTOCOL.md, "Shared memory"): one ring each way.

const { HEADER, WORD } = require('./wire.js');

const RING = 1 << 15; // bytes
const ENTRY = 8; // bytes before a frame
const ENTRY_MAX = RING / 4; // bytes; a longer one goes by the pipe
const CONTROL = 4096; // bytes, before the data of both
const APART = 64; // words, of the controls
const HEAD = 0; // word of a control
const TAIL = 16;
const SLEEPS = 32;
const BYTES = CONTROL + 2 * RING; // of it all

const way = { toWorker: 0, toServer: 1 };

// One ring of `memory`, an ArrayBuffer.
class Ring {
  constructor(memory, which) {
    this._words = new Int32Array(memory);
    this._head = which * APART + HEAD;
    this._tail = which * APART + TAIL;
    this._sleeps = which * APART + SLEEPS;
    this._data = CONTROL + which * RING;
    this._bytes = Buffer.from(memory, this._data, RING);
  }
}

// The end that frames come out at. The server may take back what was not read.
class Reader extends Ring {
  // The next frame, if `passed` frames of the pipe are those it follows: a copy; or null.
  next(passed) {
    const words = this._words;
    for (;;) {
      const head = Atomics.load(words, this._head);
      this._seen = Atomics.load(words, this._tail);
      if (head === this._seen) return null;
      const place = head & (RING - 1);
      const entry = (this._data + place) >> 2;
      const size = words[entry] || RING - place; // 0: nothing more until its end
      let frame = null;
      if (words[entry] !== 0) {
        if (words[entry + 1] !== passed) return null;
        frame = Buffer.from(this._bytes.subarray(place + ENTRY, place + ENTRY + HEADER + words[entry + 2]));
      }
      if (Atomics.compareExchange(words, this._head, head, (head + size) | 0) === head && frame) return frame;
    }
  }

  // After next() found nothing: to be woken by the writer from now on. False if more came in meanwhile.
  sleep() {
    Atomics.store(this._words, this._sleeps, 1);
    if (Atomics.load(this._words, this._tail) === this._seen) return true;
    Atomics.store(this._words, this._sleeps, 0);
    return false;
  }
}

// The end that they go in at.
class Writer extends Ring {
  // Puts in a frame, which follows `after` frames of the pipe. False if it is too long, or there is no room.
  put(after, kind, flags, call, head, body) {
    const words = this._words;
    const length = head.length + body.length;
    const size = (ENTRY + HEADER + length + 7) & ~7;
    const tail = words[this._tail];
    const used = (tail - Atomics.load(words, this._head)) | 0;
    if (size > ENTRY_MAX) return false;
    let place = tail & (RING - 1);
    let skipped = 0;
    if (RING - place < size || (used === 0 && place >= size)) skipped = RING - place; // one that is empty begins again
    if (used + skipped + size > RING) return false;
    if (skipped) {
      words[(this._data + place) >> 2] = 0;
      place = 0;
    }
    const entry = (this._data + place) >> 2;
    words[entry] = size;
    words[entry + 1] = after;
    words[entry + 2] = length;
    words[entry + 3] = kind + (flags << 8);
    words[entry + 4] = call | 0;
    words[entry + 5] = call / WORD;
    this._bytes.set(head, place + ENTRY + HEADER);
    if (body.length > 0) this._bytes.set(body, place + ENTRY + HEADER + head.length);
    Atomics.store(words, this._tail, (tail + skipped + size) | 0);
    return true;
  }

  // Whether the reader sleeps and has to be woken: true once for each time.
  wakes() {
    return Atomics.load(this._words, this._sleeps) !== 0 && Atomics.exchange(this._words, this._sleeps, 0) !== 0;
  }
}

// Both, of who reads what goes this way.
const ends = (memory, reads) => ({ in: new Reader(memory, reads), out: new Writer(memory, 1 - reads) });

module.exports = { BYTES, ends, way };
