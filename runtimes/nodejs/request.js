'use strict';
// The request that FC's HTTP handler is given: a stream of its body, which may come while the call runs.

const { Readable } = require('stream');

const AHEAD = 256 << 10; // bytes that may be here, or on their way, and not read
const CUT_SHORT = 4; // flag of the last part of a body that is not whole

// What most functions do not ask for is made when they do: the stream itself, the headers, the queries.
class Request {
  // `body`: what came with the call. ask(bytes) asks the server for more, and listen() has us hear() soon of what came;
  // without them it is all.
  constructor(about, body, ask = null, listen = null) {
    this.method = about.method;
    this.path = about.path;
    this.url = about.uri;
    this.clientIP = about.client_ip;
    this._about = about;
    this._pieces = body.length > 0 ? [body] : [];
    this._held = body.length; // bytes
    this._coming = 0; // bytes that were asked for and are not here
    this._ask = ask;
    this._listen = listen;
    this._waits = false;
    this._broken = null; // why the rest does not come
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

  // A body that is here needs no stream, unless it is one already.
  [Symbol.asyncIterator]() {
    if (this._listen || Object.hasOwn(this, '_readableState')) return Readable.prototype[Symbol.asyncIterator].call(this);
    return new Pieces(this);
  }

  _read() {
    const room = AHEAD - this._held - this._coming;
    if (this._ask && room >= AHEAD / 2) {
      this._coming += room;
      this._ask(room);
    }
    const piece = this._pieces.shift();
    if (piece) {
      this._held -= piece.length;
      this.push(piece);
    } else if (this._ask) {
      this._waits = true;
      this._listen();
    } else if (this._broken) {
      this.destroy(this._broken);
    } else {
      this.push(null);
    }
  }

  // A part of the body.
  hear(flags, payload) {
    if (payload.length > 0) this._pieces.push(payload);
    this._held += payload.length;
    this._coming -= payload.length;
    if (flags) this._ask = null;
    if (flags & CUT_SHORT) this._broken = new Error("The client did not send the rest of the request's body.");
    if (!this._waits) return;
    this._waits = false;
    this._read();
  }

  // The call has ended: who reads on waits.
  close() {
    this._ask = () => {};
    this._listen = () => {};
  }

  // As Node.js does it: nobody has to listen for an error.
  _destroy(error, done) {
    if (error === this._broken && error) this.emit('aborted');
    done(this.listenerCount('error') > 0 ? error : null);
  }
}

Object.setPrototypeOf(Request.prototype, Readable.prototype);
Object.setPrototypeOf(Request, Readable);

// Gives the one piece of a body that came whole.
class Pieces {
  constructor(request) {
    this._request = request;
  }

  async next() {
    const value = this._request?._pieces.shift();
    return value ? { value, done: false } : this.return();
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

module.exports = { Request };
