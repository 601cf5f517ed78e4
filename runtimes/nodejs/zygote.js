'use strict';
// A warmed Node.js that forks itself into sandboxes.
//
// It loads what most functions load, serves one function over real pipes so that the code of that path is
// compiled, and then hands control to the C++ loop of mayfly_zygote; only a child comes back from there,
// already inside its sandbox. No tenant code and no secret is ever in this process. It draws no random
// number: what it drew, every child would draw again.

const fs = require('fs');
const v8 = require('v8');
const addon = require('./mayfly_zygote.node');
const heap = require('./heap.js');
const pipe = require('./pipe.node');
const rehearsal = require('./rehearsal.js');
const ring = require('./ring.js');
const shim = require('./shim.js');
const wire = require('./wire.js');

require('./http.js');
require('./request.js');
require('./parts.js');
require('./log_stream.js');
for (const name of ['assert', 'async_hooks', 'child_process', 'crypto', 'dns', 'events', 'http', 'https', 'os', 'querystring',
  'string_decoder', 'timers', 'tls', 'zlib']) require(name);

const rootless = process.argv[2] === 'rootless';
const SHARED = 126; // the descriptor of a child's memory
const memory = new ArrayBuffer(ring.BYTES); // for rehearsals; a child has only those pages of it that it writes to
const SEEDS = 2 ** 31 - 1; // V8's --random-seed is a positive 32-bit integer
const firstSeed = Number(process.hrtime.bigint() % BigInt(SEEDS));

// Serves the dry run's function as a worker would, over pipes of our own; forgets it, then done(). As one that is
// parked only in such a one: in the others, Node.js would remember the folder that this enters.
function rehearse(parked, done) {
  const [input, say] = addon.pipe();
  const [hear, output] = addon.pipe();
  const [gate, opened] = addon.pipe();
  fs.closeSync(opened);
  if (!parked) fs.closeSync(gate);
  const setup = rehearsal.setup();
  const events = ['{"n":1}', 'raise', '[1]', '[2]'];
  const next = () => rehearsal.call(server, events.length, events.pop());
  const server = new wire.Channel({
    input: hear,
    output: say,
    on: (kind, flags) => {
      if (kind === wire.type.stage && flags === wire.stage.shares) server.share(ring.ends(memory, ring.way.toServer));
      if (kind === wire.type.answer && events.length > 0) next();
      else if (kind === wire.type.answer) fs.closeSync(say); // lets it go
      return true;
    },
    end: () => {
      delete require.cache[require.resolve('/rt/nodejs/dry_run/dry_run.js')];
      for (const name of Object.keys(setup.environment)) delete process.env[name];
      done();
    },
  });
  const exit = () => {
    fs.closeSync(output);
    server.close();
  };
  rehearsal.tell(server, setup);
  next();
  server.resume();
  shim.serve({ input, output, gate, memory, code: '/rt/nodejs/dry_run', parked, exit });
}

// Only in a child. The seed is its own: no two workers of a server have the same number. A parked one
// rehearses, so that the pages it writes to are its own before anybody waits.
function becomeWorker({ worker, parked }) {
  v8.setFlagsFromString(`--random-seed=${1 + ((firstSeed + worker) % SEEDS)}`);
  Object.defineProperty(process, 'pid', { value: 1, configurable: true, enumerable: true });
  process.reallyExit = addon.exit;
  const place = { exit: addon.exit, fit: heap.fit, memory: pipe.share(SHARED), parked };
  if (parked) rehearse(true, () => shim.serve(place));
  else shim.serve(place);
}

shim.prepare();
new Headers(); // what fetch needs is loaded with it
rehearse(false, () => {
  heap.keepSmall();
  setImmediate(() => becomeWorker(addon.serve(rootless)));
});
