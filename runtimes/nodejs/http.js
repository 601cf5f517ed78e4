'use strict';
// FC's HTTP handler: handler(request, response, context).

const { Readable } = require('stream');

class Request extends Readable {
  constructor(about, body) {
    super();
    this.method = about.method;
    this.path = about.path;
    this.url = about.uri;
    this.clientIP = about.client_ip;
    this.headers = lowerCase(about.headers);
    this.queries = queries(about.query);
    this._body = body;
  }

  _read() {
    if (this._body.length > 0) this.push(this._body);
    this.push(null);
    this._body = Buffer.alloc(0);
  }
}

function lowerCase(pairs) {
  const headers = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const between = key === 'cookie' ? '; ' : ', ';
    headers[key] = Object.hasOwn(headers, key) ? headers[key] + between + value : value;
  }
  return headers;
}

function queries(text) {
  const found = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(found, name)) found[name] = value;
    else found[name] = [].concat(found[name], value);
  }
  return found;
}

const NOTHING = Buffer.alloc(0);
const WHOLE = 16 << 20; // bytes: more is sent in parts

// The two pieces of it.
function headPayload(status, headers) {
  const head = Buffer.from(JSON.stringify({ status, headers }));
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32LE(head.length, 0);
  return [size, head];
}

class Response {
  // done(payload) once, with that of the answer: empty if it was sent in parts; fail(error) if the body cannot be
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
      this._done(Buffer.concat([...this._head(), bytes]));
    }
  }

  async _collect(stream) {
    const parts = [];
    for await (const part of stream) parts.push(this._encode(part));
    return Buffer.concat([...this._head(), ...parts]);
  }

  // The head goes with the first part that is not empty, or is all there is.
  async _stream(parts) {
    const head = Buffer.concat(this._head());
    let sent = null;
    try {
      for await (const part of parts) {
        const bytes = this._encode(part);
        if (bytes.length > 0) await (sent ??= this._begin()).write(head, bytes);
      }
    } catch (error) {
      if (!sent?.unread) throw error;
    }
    return sent ? NOTHING : head;
  }

  _head() {
    const headers = [];
    for (const [name, value] of this._headers.values()) {
      for (const one of [].concat(value)) headers.push([name, String(one)]);
    }
    return headPayload(this._status, headers);
  }
}

module.exports = { Request, Response };
