'use strict';
// FC's HTTP handler: handler(request, response, context).

const { Readable } = require('stream');

const NOTHING = Buffer.alloc(0);
const WHOLE = 16 << 20; // bytes: more is sent in parts

// What most functions do not ask for is made when they do: the stream itself, the headers, the queries.
class Request {
  constructor(about, body) {
    this.method = about.method;
    this.path = about.path;
    this.url = about.uri;
    this.clientIP = about.client_ip;
    this._about = about;
    this._body = body;
  }

  get headers() {
    return own(this, 'headers', lowerCase(this._about.headers));
  }

  set headers(value) {
    own(this, 'headers', value);
  }

  get queries() {
    return own(this, 'queries', queries(this._about.query));
  }

  set queries(value) {
    own(this, 'queries', value);
  }

  // All that a stream does asks for its state.
  get _readableState() {
    Readable.call(this);
    return this._readableState;
  }

  set _readableState(value) {
    own(this, '_readableState', value);
  }

  _read() {
    const body = this._takeBody();
    if (body.length > 0) this.push(body);
    this.push(null);
  }

  _takeBody() {
    const body = this._body;
    this._body = NOTHING;
    return body;
  }

  // Its one piece needs no stream, unless it is one already.
  [Symbol.asyncIterator]() {
    if (Object.hasOwn(this, '_readableState')) return Readable.prototype[Symbol.asyncIterator].call(this);
    return new Pieces(this);
  }
}

Object.setPrototypeOf(Request.prototype, Readable.prototype);
Object.setPrototypeOf(Request, Readable);

class Pieces {
  constructor(request) {
    this._request = request;
  }

  async next() {
    const value = this._request?._takeBody() ?? NOTHING;
    return value.length > 0 ? { value, done: false } : this.return();
  }

  // Who began to listen to the stream meanwhile hears its end.
  async return(value) {
    if (this._request && Object.hasOwn(this._request, '_readableState')) this._request.resume();
    this._request = null;
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

function own(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return value;
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
  if (!text) return found;
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(found, name)) found[name] = value;
    else found[name] = [].concat(found[name], value);
  }
  return found;
}

function headPayload(status, headers) {
  const json = JSON.stringify({ status, headers });
  const payload = Buffer.allocUnsafe(4 + 3 * json.length);
  const size = payload.write(json, 4);
  payload.writeUInt32LE(size, 0);
  return payload.subarray(0, 4 + size);
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
    const headers = [];
    for (const [name, value] of this._headers.values()) {
      if (Array.isArray(value)) for (const one of value) headers.push([name, String(one)]);
      else headers.push([name, String(value)]);
    }
    return headPayload(this._status, headers);
  }
}

module.exports = { Request, Response };
