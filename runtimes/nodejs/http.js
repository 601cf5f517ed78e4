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

class Response {
  // done(status, headers, body) once; fail(error) if the body cannot be had.
  // encode(body) gives bytes.
  constructor(done, fail, encode) {
    this._done = done;
    this._fail = fail;
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
      this._collect(body).then((bytes) => this._end(bytes), this._fail);
    } else {
      this._end(this._encode(body));
    }
  }

  async _collect(stream) {
    const parts = [];
    for await (const part of stream) parts.push(this._encode(part));
    return Buffer.concat(parts);
  }

  _end(body) {
    const headers = [];
    for (const [name, value] of this._headers.values()) {
      for (const one of [].concat(value)) headers.push([name, String(one)]);
    }
    this._done(this._status, headers, body);
  }
}

module.exports = { Request, Response };
