'use strict';
// What a function prints: console and process.stdout go to the log pipe, in FC's form, at once.

const { AsyncLocalStorage } = require('async_hooks');
const { Writable } = require('stream');
const { format } = require('util');
const { writeAll } = require('./wire.js');

const calls = new AsyncLocalStorage(); // the request id, where several calls run at once
let current = ''; // the same, where only one runs
let marked = null;
let several = false;

const requestId = () => (several ? calls.getStore() || '' : current);

// The next call may begin before the server has read what this one printed: each first print is marked.
function print(descriptor, bytes) {
  try {
    if (!several && marked !== current) {
      marked = current;
      writeAll(descriptor, Buffer.from(`\x1e${current}\n`));
    }
    writeAll(descriptor, bytes);
  } catch {
    // the function closed it: its log is its own affair
  }
}

const line = (level, words) => `${new Date().toISOString()} ${requestId()} [${level}] ${format(...words)}\n`;
const printer = (level) => (...words) => print(1, Buffer.from(line(level, words)));

// FC's context.logger.
const logger = Object.freeze({
  silly: printer('silly'),
  verbose: printer('verbose'),
  debug: printer('debug'),
  info: printer('info'),
  warn: printer('warn'),
  error: printer('error'),
  log: printer('verbose'),
  setLogLevel() {},
});

class LogStream extends Writable {
  constructor(descriptor) {
    super({ decodeStrings: true });
    this.fd = descriptor;
  }

  _write(chunk, _encoding, done) {
    print(this.fd, chunk);
    done();
  }

  _destroy(_error, done) {
    done();
  }
}

function takeOverConsole() {
  for (const [name, level] of Object.entries({ log: 'verbose', debug: 'debug', info: 'info', warn: 'warn', error: 'error', trace: 'debug' })) {
    console[name] = printer(level);
  }
  for (const [name, descriptor] of [['stdout', 1], ['stderr', 2]]) {
    let stream = null; // made when first used
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => (stream ??= new LogStream(descriptor)),
    });
  }
}

// Runs `work` as the call `id`, for the lines it prints.
function during(id, work) {
  if (several) return calls.run(id, work);
  current = id;
  return work();
}

function severalAtOnce() {
  several = true;
}

module.exports = { during, logger, print, severalAtOnce, takeOverConsole };
