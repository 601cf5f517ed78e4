'use strict';
// Frames of the worker protocol (runtimes/PROTOCOL.md) over a pair of pipes.

const fs = require('fs');

const HEADER = 16; // bytes
const INBOX = 1 << 16; // bytes; more than one packet of a pipe
const WORD = 2 ** 32;
const NOTHING = Buffer.alloc(0);
const AT_ONCE = 8; // frames between two turns of the event loop

const type = { setup: 1, call: 2, answer: 3, stage: 4, hook: 5, part: 6, credit: 7 };
const flag = { handled: 1, raised: 2, ends: 4, http: 8 }; // of an answer
const stage = { loading: 1, initialized: 2, parked: 4, loaded: 8 };

let pipe = null; // read(2) and write(2), quicker than Node.js has them; but to load it takes a while

// The server reads as fast as we write, so a write that blocks is a short one.
function writeAll(descriptor, bytes, size = bytes.length) {
  let sent = 0;
  while (sent < size) {
    if (pipe) sent += Math.max(pipe.write(descriptor, bytes, sent, size), 0);
    else sent += fs.writeSync(descriptor, bytes, sent, size - sent);
  }
}

// Of every frame that fits: it is sent before the next one is made.
const outbox = Buffer.allocUnsafeSlow(INBOX);

// `call` is a number below 2^53. The payload is `head` and then `body`.
function send(descriptor, kind, flags, call, head, body = NOTHING) {
  const length = head.length + body.length;
  const frame = HEADER + length <= INBOX ? outbox : Buffer.allocUnsafe(HEADER + length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt32LE(kind + (flags << 8), 4);
  frame.writeUInt32LE(call >>> 0, 8);
  frame.writeUInt32LE(Math.floor(call / WORD), 12);
  frame.set(head, HEADER);
  frame.set(body, HEADER + head.length);
  writeAll(descriptor, frame, HEADER + length);
}

const callOf = (frame) => frame.readUInt32LE(8) + frame.readUInt32LE(12) * WORD;

// Reads from `descriptor` and calls on(kind, flags, call, payload) for each frame, and end() once it is closed.
// When on() returns false no more is read until resume(). The payload is the callee's to keep.
class Inbox {
  constructor(descriptor, on, end) {
    this._descriptor = descriptor;
    this._on = on;
    this._end = end;
    this._parts = [];
    this._have = 0;
    this._socket = null; // made when the first call is under way: it takes a while
    this._buffer = null;
    this._atOnce = 0;
    this._serving = false; // in on()
  }

  // Waits for frames and serves them until on() returns false, with nothing else going on meanwhile.
  readNow() {
    const buffer = Buffer.allocUnsafe(INBOX);
    for (let more = true; more; ) {
      const size = fs.readSync(this._descriptor, buffer);
      if (size === 0) return this._end();
      more = this._take(buffer.subarray(0, size));
    }
  }

  // The next of short calls is there most often when one ends: it is read without the event loop, which would be
  // asked to listen and not to listen for each. The loop has its turns all the same, for what the function began.
  resume() {
    if (this._serving || (this._have > 0 && !this._next())) return;
    if (this._socket && ++this._atOnce < AT_ONCE) {
      const size = pipe.read(this._descriptor, this._buffer, 0, INBOX);
      if (size > 0 && !this._take(this._buffer.subarray(0, size))) return;
    }
    this._atOnce = 0;
    this._socket ??= this._open();
    this._socket.resume();
  }

  close() {
    this._socket.destroy();
  }

  _open() {
    pipe ??= require('./pipe.node');
    this._buffer = Buffer.allocUnsafeSlow(INBOX);
    const socket = new (require('net').Socket)({
      fd: this._descriptor,
      readable: true,
      writable: false,
      onread: { buffer: this._buffer, callback: (n, buffer) => this._take(buffer.subarray(0, n)) },
    });
    socket.on('error', () => {}); // closes it
    socket.on('close', this._end);
    return socket;
  }

  _take(bytes) {
    // Most often it is one frame, whole.
    if (this._have === 0 && bytes.length >= HEADER && bytes.readUInt32LE(0) === bytes.length - HEADER)
      return this._serve(bytes[4], bytes[5], callOf(bytes), Buffer.from(bytes.subarray(HEADER)));
    this._parts.push(Buffer.from(bytes));
    this._have += bytes.length;
    return this._next();
  }

  // Serves the frames that are whole; true if more may be read.
  _next() {
    while (this._have >= HEADER) {
      if (this._parts[0].length < HEADER) this._join();
      const length = this._parts[0].readUInt32LE(0);
      if (this._have < HEADER + length) return true;
      this._join();
      const whole = this._parts[0];
      this._parts = whole.length > HEADER + length ? [whole.subarray(HEADER + length)] : [];
      this._have -= HEADER + length;
      if (!this._serve(whole[4], whole[5], callOf(whole), whole.subarray(HEADER, HEADER + length))) return false;
    }
    return true;
  }

  _serve(kind, flags, call, payload) {
    this._serving = true;
    const more = this._on(kind, flags, call, payload) !== false;
    this._serving = false;
    return more;
  }

  _join() {
    if (this._parts.length > 1) this._parts = [Buffer.concat(this._parts)];
  }
}

module.exports = { Inbox, flag, send, stage, type, writeAll };
