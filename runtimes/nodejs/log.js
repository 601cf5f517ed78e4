'use strict';
// What a function prints: console and process.stdout go to the log pipe, in FC's form, at once.

const { format } = require('util');
const { writeAll } = require('./wire.js');

// What only some functions need is loaded where it is needed: a worker by plain exec waits for each.

let calls = null; // the request id, where several calls run at once
let current = ''; // the same, where only one runs; empty before the first
let marked = '';

const requestId = () => (calls ? calls.getStore() || '' : current);

// The next call may begin before the server has read what this one printed: each first print is marked.
function print(descriptor, bytes) {
  try {
    if (!calls && marked !== current) {
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

function takeOverConsole() {
  for (const [name, level] of Object.entries({ log: 'verbose', debug: 'debug', info: 'info', warn: 'warn', error: 'error', trace: 'debug' })) {
    console[name] = printer(level);
  }
  for (const [name, descriptor] of [['stdout', 1], ['stderr', 2]]) {
    let stream = null; // made when first used
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => (stream ??= new (require('./log_stream.js').LogStream)(descriptor, print)),
    });
  }
}

// Runs `work` as the call `id`, for the lines it prints.
function during(id, work) {
  if (calls) return calls.run(id, work);
  current = id;
  return work();
}

function severalAtOnce() {
  calls = new (require('async_hooks').AsyncLocalStorage)();
}

module.exports = { during, logger, print, severalAtOnce, takeOverConsole };
