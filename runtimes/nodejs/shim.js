'use strict';
// Serves one Node.js function over the worker protocol (runtimes/PROTOCOL.md).
//
// The handler contract is that of Function Compute: handler(event, context, callback), CommonJS or an ES
// module, answering by callback or by promise; or, where a call came over HTTP, handler(request, response,
// context). The initializer and the lifecycle hooks take (context, callback).

const fs = require('fs');
const path = require('path');
const log = require('./log.js');
const wire = require('./wire.js');

const Module = module.constructor; // require('module') takes 0.4 ms
const NOTHING = Buffer.alloc(0);
const NOTHING_SAID = Object.freeze({});
let http = null; // most functions never need these two
let asked = null;
const HOOKS = { 1: 'pre_freeze', 2: 'pre_stop' }; // by the flag of their frame

// ---- The function's code ----

async function load(folder, name, loaded = () => {}) {
  const dot = name.lastIndexOf('.');
  const file = path.join(folder, name.slice(0, dot));
  const found = ['.js', '.cjs', '.mjs'].map((end) => file + end).find((candidate) => fs.existsSync(candidate));
  if (!found) throw new Error(`Module '${file}.js' is missing.`);
  const module = await loadModule(found, loaded);
  const attribute = name.slice(dot + 1);
  const handler = module[attribute] ?? module.default?.[attribute];
  if (handler === undefined) throw new Error(`Module '${found}' has no export '${attribute}'.`);
  if (typeof handler !== 'function') throw new TypeError(`'${name}' is not a function`);
  return handler;
}

async function loadModule(file, loaded) {
  if (!file.endsWith('.mjs')) {
    try {
      const module = require(file);
      loaded();
      return module;
    } catch (error) {
      if (error?.code !== 'ERR_REQUIRE_ESM') throw error;
    }
  }
  const module = await require('./esm.js')(file);
  loaded();
  return module;
}

// ---- What a call gives back ----

class Handled {
  constructor(error) {
    this.error = error;
  }
}

function encode(value) {
  if (value === undefined || value === null) return NOTHING;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Buffer.from(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

// Lines of the shim itself and of Node's loader tell the reader nothing.
const isOurs = (frame) => /^\s+at /.test(frame) && /\/rt\/nodejs\/|node:internal\//.test(frame);

function errorJson(error) {
  if (!(error instanceof Error) && typeof error?.stack !== 'string') {
    return Buffer.from(JSON.stringify({ errorMessage: text(error), errorType: typeof error, stackTrace: [] }));
  }
  const frames = String(error.stack).split('\n').filter((frame) => !isOurs(frame));
  return Buffer.from(
    JSON.stringify({ errorMessage: String(error.message), errorType: String(error.name), stackTrace: frames })
  );
}

function text(error) {
  if (typeof error === 'string') return error;
  try {
    return JSON.stringify(error) ?? String(error);
  } catch {
    return String(error);
  }
}

// The promise of what `handler` gives by callback or by promise; a promise of nothing waits for the
// callback where the handler takes one.
function answerOf(handler, argument, context) {
  return new Promise((resolve, reject) => {
    const takesCallback = handler.length > argument.length + 1;
    const callback = (error, data) => (error ? reject(new Handled(error)) : resolve(data));
    const returned = handler(...argument, context, callback);
    if (typeof returned?.then === 'function') {
      returned.then((data) => (data === undefined && takesCallback ? undefined : resolve(data)), reject);
    } else if (returned !== undefined || !takesCallback) {
      resolve(returned);
    }
  });
}

// The two pieces of the answer's payload.
function answerOfHttp(handler, request, context, begin) {
  http ??= require('./http.js');
  return new Promise((resolve, reject) => {
    const response = new http.Response(resolve, reject, begin, encode);
    const returned = handler(request, response, context);
    if (typeof returned?.then === 'function') returned.then(undefined, reject);
  });
}

// Microseconds of CLOCK_MONOTONIC.
function now() {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(process.hrtime.bigint() / 1000n);
  return bytes;
}

// ---- The worker ----

class Context {
  constructor(requestId, constants, about) {
    Object.assign(this, constants);
    this.requestId = requestId;
    this.retryCount = about.retry_count || 0;
    if (about.credentials) this.credentials = credentials(about.credentials);
    if (about.traceparent) this.tracing = { ...this.tracing, openTracingSpanContext: about.traceparent };
  }
}

const credentials = (keys) => ({
  accessKeyId: keys.access_key_id || '',
  accessKeySecret: keys.access_key_secret || '',
  securityToken: keys.security_token || '',
});

function constantsOf(told) {
  const { initialization_timeout: initializationTimeout, ...f } = told.function;
  const { log_project: logProject, log_store: logStore, version_id: versionId, ...service } = told.service;
  return {
    credentials: credentials({}),
    function: { ...f, initializationTimeout },
    service: { ...service, logProject, logStore, versionId },
    region: told.region,
    accountId: told.account_id,
    logger: log.logger,
    tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
  };
}

class Server {
  constructor(setup, place, channel) {
    this._setup = setup;
    this._place = place;
    this._channel = channel;
    this._constants = constantsOf(setup.context);
    this._single = setup.concurrency === 1;
    this._open = new Set(); // calls not answered yet
    this._parts = new Map(); // by call: of those that answer in parts
    this._requests = new Map(); // by call: of those whose requests come in parts
    this._lastText = ''; // about a call: JSON
    this._lastSaid = NOTHING_SAID;
    this._later = []; // calls that came while one waited for another frame
    this._ready = null; // the promise of the handler
    if (!this._single) log.severalAtOnce();
    this.onUncaught = (error) => this._fail(error);
    process.on('uncaughtException', this.onUncaught);
    this._send(wire.type.stage, wire.stage.loading, 0, now());
    this._handler = load(place.code, setup.handler, () => this._send(wire.type.stage, wire.stage.loaded, 0, now()));
    this._handler.catch(() => {}); // the first call says so
  }

  // Takes a call, or a hook if that is not 0. False: no more until the channel's resume().
  take(call, payload, hook) {
    if (this._single && this._open.size > 0) {
      this._later.push([call, payload, hook]);
      return true; // the present one waits for another frame
    }
    const idEnd = 1 + payload[0];
    const requestId = payload.toString('latin1', 1, idEnd);
    const size = payload.readUInt32LE(idEnd);
    const body = idEnd + 4 + size;
    const about = size ? this._read(payload.toString('utf8', idEnd + 4, body)) : NOTHING_SAID;
    this._open.add(call);
    const first = !this._ready && this._open.size === 1;
    const answered = log.during(requestId, () => this._run(call, requestId, about, payload.subarray(body), hook));
    if (this._single) answered.then(() => this._goOn());
    else if (first) setImmediate(() => this._channel.resume());
    return !this._single && !first;
  }

  // What is said of a call is often what was said of the one before: nobody writes to it.
  _read(text) {
    if (text !== this._lastText) this._lastSaid = JSON.parse(text);
    this._lastText = text;
    return this._lastSaid;
  }

  _goOn() {
    if (this._later.length > 0) this.take(...this._later.shift());
    else this._channel.resume();
  }

  _beginParts(call, credit) {
    const { Parts } = require('./parts.js');
    const parts = new Parts(credit, (flags, payload) => this._send(wire.type.part, flags, call, payload), () => this._channel.resume());
    this._parts.set(call, parts);
    return parts;
  }

  _request(call, about, body) {
    asked ??= require('./request.js');
    if (!about.more) return new asked.Request(about, body);
    const ask = (bytes) => {
      const credit = Buffer.allocUnsafe(4);
      credit.writeUInt32LE(bytes);
      this._send(wire.type.credit, 0, call, credit);
    };
    const request = new asked.Request(about, body, ask, () => this._channel.resume());
    this._requests.set(call, request);
    return request;
  }

  // Of a call that may have ended: a part of its request, or credit for its answer. False: no more until the channel's resume().
  hear(kind, call, flags, payload) {
    (kind === wire.type.part ? this._requests : this._parts).get(call)?.hear(flags, payload);
    return !this._single || this._open.size === 0 || this._waits(this._requests) || this._waits(this._parts);
  }

  // For another frame.
  _waits(those) {
    for (const each of those.values()) if (each._waits) return true;
    return false;
  }

  async _run(call, requestId, about, event, hook) {
    try {
      const context = new Context(requestId, this._constants, about);
      if (hook) {
        await this._runHook(hook, context);
        return this._answer(call, 0, NOTHING);
      }
      const handler = await (this._ready ??= this._prepare(context));
      if (about.http) {
        const begin = about.http.credit ? () => this._beginParts(call, about.http.credit) : null;
        const request = this._request(call, about.http, event);
        this._answer(call, wire.flag.http, ...(await answerOfHttp(handler, request, context, begin)));
      } else {
        this._answer(call, 0, encode(await answerOf(handler, [event], context)));
      }
    } catch (error) {
      const handled = error instanceof Handled;
      this._answer(call, handled ? wire.flag.handled : wire.flag.raised, errorJson(handled ? error.error : error));
    }
  }

  // Loads the code and runs the initializer; what failed is tried again by the next call.
  async _prepare(context) {
    try {
      const handler = await this._handler;
      if (this._setup.initializer) {
        const initializer = await load(this._place.code, this._setup.initializer);
        await answerOf(initializer, [], context);
        this._send(wire.type.stage, wire.stage.initialized, 0, NOTHING);
      }
      return handler;
    } catch (error) {
      this._ready = null;
      this._handler = Promise.resolve().then(() => load(this._place.code, this._setup.handler));
      this._handler.catch(() => {});
      throw error;
    }
  }

  // What was never ready has nothing to put in order.
  async _runHook(which, context) {
    if (!this._ready) return;
    const hook = await load(this._place.code, this._setup.hooks[HOOKS[which]]);
    await answerOf(hook, [], context);
  }

  _answer(call, flags, head, body) {
    if (!this._open.delete(call)) return; // it ended otherwise
    for (const those of [this._parts, this._requests]) {
      those.get(call)?.close();
      those.delete(call);
    }
    this._send(wire.type.answer, flags, call, head, body);
  }

  _send(kind, flags, call, head, body) {
    try {
      this._channel.send(kind, flags, call, head, body);
    } catch {
      this._place.exit(1); // it closed our pipe: nobody can hear us any more
    }
  }

  // An error that no call caught ends the worker, and every call on it.
  _fail(error) {
    log.print(2, Buffer.from(`${error?.stack ?? error}\n`));
    for (const call of this._open) this._answer(call, wire.flag.raised | wire.flag.ends, errorJson(error));
    this._place.exit(1);
  }
}

// What needs no knowledge of the function: done once, before a zygote forks.
function prepare() {
  for (const name of Object.keys(process.env)) delete process.env[name];
  process.argv.length = 1;
  log.takeOverConsole();
}

// A worker's own place. `exit`: how to end at once. `fit`: how to live within so many MB. `parked`: its code
// comes later.
const WORKER = {
  input: 3,
  output: 4,
  gate: 127, // of a parked worker: ends once its code is there
  memory: null, // an ArrayBuffer that the server shares
  code: '/code',
  parked: false,
  exit: (status) => process.reallyExit(status),
  fit: () => {},
};

// Serves until the other end lets go; then place.exit(0). What `changed` does not name is as in WORKER.
function serve(changed = {}) {
  const place = { ...WORKER, ...changed };
  let server = null;
  let awake = null;
  const stay = () => (awake ??= setInterval(() => {}, 0x7fffffff)); // a function that waits for nothing does not end the worker
  process.once('beforeExit', stay);
  const end = () => {
    process.off('beforeExit', stay);
    clearInterval(awake);
    if (server) process.off('uncaughtException', server.onUncaught);
    place.exit(0);
  };
  const on = (kind, flags, call, payload) => {
    if (server && (kind === wire.type.credit || kind === wire.type.part)) return server.hear(kind, call, flags, payload);
    if (server && kind !== wire.type.call && kind !== wire.type.hook) return place.exit(2);
    if (server) return server.take(call, payload, flags);
    const setup = kind === wire.type.setup ? JSON.parse(payload.toString()) : {};
    if (setup.protocol !== 1) return place.exit(2);
    if (place.parked) waitForCode(place);
    Object.assign(process.env, setup.environment);
    place.fit(setup.context.function.memory);
    Module._initPaths(); // NODE_PATH counts
    server = new Server(setup, place, channel);
    return true;
  };
  const opened = () => {
    if (!place.memory) return;
    const ring = require('./ring.js');
    channel.send(wire.type.stage, wire.stage.shares, 0, NOTHING);
    channel.share(ring.ends(place.memory, ring.way.toWorker));
  };
  const channel = new wire.Channel({ input: place.input, output: place.output, on, end, opened });
  if (place.parked) channel.send(wire.type.stage, wire.stage.parked, 0, NOTHING);
  channel.readNow();
}

function waitForCode(place) {
  fs.readSync(place.gate, Buffer.alloc(1));
  fs.closeSync(place.gate);
  process.chdir(place.code);
}

module.exports = { prepare, serve };
