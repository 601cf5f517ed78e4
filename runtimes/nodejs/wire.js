'use strict';
// Frames of the worker protocol (runtimes/PROTOCOL.md): over a pair of pipes and, once there are many short calls, by
// memory that is shared with the server.

const fs = require('fs');

const HEADER = 16; // bytes
const INBOX = 1 << 16; // bytes; more than one packet of a pipe
const WORD = 2 ** 32;
const NOTHING = Buffer.alloc(0);
const AT_ONCE = 8; // frames between two turns of the event loop

const type = { setup: 1, call: 2, answer: 3, stage: 4, hook: 5, part: 6, credit: 7, bell: 8 };
const flag = { handled: 1, raised: 2, ends: 4, http: 8 }; // of an answer
const stage = { loading: 1, initialized: 2, parked: 4, loaded: 8, shares: 16 };

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
function write(descriptor, kind, flags, call, head, body) {
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

// Sends frames, and calls on(kind, flags, call, payload) for each that comes, and end() once the input is closed.
// When on() returns false no more comes until resume(). The payload is the callee's to keep.
class Channel {
  // opened(): the first call is done with, and there is time for share().
  constructor({ input, output, on, end, opened = () => {} }) {
    this._input = input;
    this._output = output;
    this._on = on;
    this._end = end;
    this._opened = opened;
    this._parts = []; // came by the pipe and was not served
    this._have = 0; // bytes of them
    this._socket = null; // made after the first call: it takes a while
    this._buffer = null;
    this._rings = null;
    this._sent = 0; // frames by the pipe; 32 bits
    this._heard = 0;
    this._atOnce = 0;
    this._held = false; // no more until resume()
    this._serving = false; // in on()
  }

  // From now on frames go and come by these, too; what is sent before tells the other end.
  share(rings) {
    this._rings = rings;
  }

  send(kind, flags, call, head, body = NOTHING) {
    if (this._rings?.out.put(this._sent, kind, flags, call, head, body)) {
      if (this._rings.out.wakes()) write(this._output, type.bell, 0, 0, NOTHING, NOTHING);
    } else {
      this._sent = (this._sent + 1) | 0;
      write(this._output, kind, flags, call, head, body);
    }
  }

  // Waits for frames and serves them until on() returns false, with nothing else going on meanwhile.
  readNow() {
    const buffer = Buffer.allocUnsafe(INBOX);
    while (!this._held) {
      const size = fs.readSync(this._input, buffer);
      if (size === 0) return this._end();
      this._keep(buffer, size);
      this._serve();
    }
  }

  // The next of short calls is there most often when one ends: it is read without the event loop, which would be
  // asked to listen and not to listen for each. The loop has its turns all the same, for what the function began.
  resume() {
    if (this._serving) return;
    this._held = false;
    if (++this._atOnce < AT_ONCE) return this._goOn();
    this._atOnce = 0;
    setImmediate(() => this._goOn());
  }

  close() {
    this._socket.destroy();
  }

  _goOn() {
    this._serve();
    if (!this._socket) this._open();
    while (!this._held && this._isMore()) this._serve();
    if (this._held) return;
    this._atOnce = 0;
    this._socket.resume();
  }

  // Once everything that came was served; if there is no more, the event loop will tell.
  _isMore() {
    if (this._rings) return !this._rings.in.sleep();
    const size = pipe.read(this._input, this._buffer, 0, INBOX);
    if (size > 0) this._keep(this._buffer, size);
    return size > 0;
  }

  _open() {
    pipe ??= require('./pipe.node');
    this._buffer = Buffer.allocUnsafeSlow(INBOX);
    const callback = (size, buffer) => {
      this._keep(buffer, size);
      if (!this._held) this._goOn();
      return this._rings !== null || !this._held; // little comes by the pipe beside shared memory
    };
    const onread = { buffer: this._buffer, callback };
    this._socket = new (require('net').Socket)({ fd: this._input, readable: true, writable: false, onread });
    this._socket.on('error', () => {}); // closes it
    this._socket.on('close', this._end);
    this._opened();
  }

  _keep(buffer, size) {
    this._parts.push(Buffer.from(buffer.subarray(0, size)));
    this._have += size;
  }

  _serve() {
    for (let frame; !this._held && (frame = this._next()); ) {
      this._serving = true;
      this._held = this._on(frame[4], frame[5], callOf(frame), frame.subarray(HEADER)) === false;
      this._serving = false;
    }
  }

  // In the order in which they were sent: what went by memory before what is here of the pipe is there.
  _next() {
    return this._rings?.in.next(this._heard) ?? this._nextOfPipe();
  }

  _nextOfPipe() {
    while (this._have >= HEADER) {
      if (this._parts[0].length < HEADER) this._join();
      const size = HEADER + this._parts[0].readUInt32LE(0);
      if (this._have < size) return null;
      this._join();
      const whole = this._parts[0];
      this._parts = whole.length > size ? [whole.subarray(size)] : [];
      this._have -= size;
      if (whole[4] === type.bell) continue;
      this._heard = (this._heard + 1) | 0;
      return whole.length > size ? whole.subarray(0, size) : whole;
    }
    return null;
  }

  _join() {
    if (this._parts.length > 1) this._parts = [Buffer.concat(this._parts)];
  }
}

module.exports = { Channel, HEADER, WORD, flag, stage, type, writeAll };
