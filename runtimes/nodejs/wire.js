'use strict';
// Frames of the worker protocol (runtimes/PROTOCOL.md) over a pair of pipes.

const fs = require('fs');

const HEADER = 16; // bytes
const INBOX = 1 << 16; // bytes; more than one packet of a pipe

const type = { setup: 1, call: 2, answer: 3, stage: 4, hook: 5, part: 6, credit: 7 };
const flag = { handled: 1, raised: 2, ends: 4, http: 8 }; // of an answer
const stage = { loading: 1, initialized: 2, parked: 4, loaded: 8 };

// The server reads as fast as we write, so a write that blocks is a short one.
function writeAll(descriptor, bytes) {
  let sent = 0;
  while (sent < bytes.length) sent += fs.writeSync(descriptor, bytes, sent);
}

function send(descriptor, kind, flags, call, payload) {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame[4] = kind;
  frame[5] = flags;
  frame.writeUInt16LE(0, 6);
  frame.writeBigUInt64LE(call, 8);
  payload.copy(frame, HEADER);
  writeAll(descriptor, frame);
}

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

  resume() {
    if (this._have > 0 && !this._next()) return;
    this._socket ??= this._open();
    this._socket.resume();
  }

  close() {
    this._socket.destroy();
  }

  _open() {
    const socket = new (require('net').Socket)({
      fd: this._descriptor,
      readable: true,
      writable: false,
      onread: { buffer: Buffer.allocUnsafe(INBOX), callback: (n, buffer) => this._take(buffer.subarray(0, n)) },
    });
    socket.on('error', () => {}); // closes it
    socket.on('close', this._end);
    return socket;
  }

  _take(bytes) {
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
      if (this._on(whole[4], whole[5], whole.readBigUInt64LE(8), whole.subarray(HEADER, HEADER + length)) === false) return false;
    }
    return true;
  }

  _join() {
    if (this._parts.length > 1) this._parts = [Buffer.concat(this._parts)];
  }
}

module.exports = { Inbox, flag, send, stage, type, writeAll };
