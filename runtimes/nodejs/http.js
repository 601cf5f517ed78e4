'use strict';
// What FC's HTTP handler answers: handler(request, response, context).

const NOTHING = Buffer.alloc(0);
const WHOLE = 16 << 20; // bytes: more is sent in parts

// Most functions answer with the same head each time: the last one is kept. `flat`: name, value, name, value, …
let last = { status: 0, flat: [], payload: NOTHING };

function headPayload(status, flat) {
  if (status === last.status && flat.length === last.flat.length && flat.every((word, i) => word === last.flat[i])) return last.payload;
  const headers = [];
  for (let i = 0; i < flat.length; i += 2) headers.push([flat[i], flat[i + 1]]);
  const json = Buffer.from(JSON.stringify({ status, headers }));
  const payload = Buffer.alloc(4 + json.length);
  payload.writeUInt32LE(json.length, 0);
  payload.set(json, 4);
  last = { status, flat, payload };
  return payload;
}

class Response {
  // done([head, body]) once, which are the answer's payload: empty if it was sent in parts; fail(error) if the body cannot be
  // had. begin() gives the call's parts; null: the answer is to come whole. encode(body) gives bytes.
  constructor(done, fail, begin, encode) {
    this._done = done;
    this._fail = fail;
    this._begin = begin;
    this._encode = encode;
    this._status = 200;
    this._headers = new Map(); // by lower-case name: [name, value]
  }

  setStatusCode(status) {
    this._status = status;
  }

  setHeader(name, value) {
    this._headers.set(String(name).toLowerCase(), [String(name), value]);
  }

  getHeader(name) {
    return this._headers.get(String(name).toLowerCase())?.[1];
  }

  deleteHeader(name) {
    this._headers.delete(String(name).toLowerCase());
  }

  send(body) {
    if (body && typeof body.pipe === 'function') {
      (this._begin ? this._stream(body) : this._collect(body)).then(this._done, this._fail);
      return;
    }
    const bytes = this._encode(body);
    if (this._begin && bytes.length > WHOLE) {
      if (!this.getHeader('content-length')) this.setHeader('Content-Length', bytes.length);
      this._stream([bytes]).then(this._done, this._fail);
    } else {
      this._done([this._head(), bytes]);
    }
  }

  async _collect(stream) {
    const parts = [];
    for await (const part of stream) parts.push(this._encode(part));
    return [this._head(), Buffer.concat(parts)];
  }

  // The head goes with the first part that is not empty, or is all there is.
  async _stream(parts) {
    const head = this._head();
    let sent = null;
    try {
      for await (const part of parts) {
        const bytes = this._encode(part);
        if (bytes.length > 0) await (sent ??= this._begin()).write(head, bytes);
      }
    } catch (error) {
      if (!sent?.unread) throw error;
    }
    return [sent ? NOTHING : head, NOTHING];
  }

  _head() {
    const flat = [];
    for (const [name, value] of this._headers.values()) {
      if (Array.isArray(value)) for (const one of value) flat.push(name, String(one));
      else flat.push(name, String(value));
    }
    return headPayload(this._status, flat);
  }
}

module.exports = { Response };
