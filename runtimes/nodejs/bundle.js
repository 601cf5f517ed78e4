'use strict';
// Makes what a worker by plain exec starts from (main.js): worker.js, one script of the files it always needs, and
// worker.cache, the code that V8 made of it while it served the dry run's function, as base64: text is read
// sooner than bytes. Fails if V8 would not take it. Run when Mayfly is built: node bundle.js FOLDER, the runtime's.

const { spawn, spawnSync } = require('child_process');
const fs = require('fs');
const Module = require('module');
const path = require('path');
const { Script } = require('vm');

const FILES = ['wire.js', 'log.js', 'shim.js']; // the last is what it is for

const folder = path.resolve(process.argv[2]);
const at = (name) => path.join(folder, name);

// A function of the require() and the Module of whoever loads it, for one value: what the last file exports.
function scriptOf(files) {
  const wrapped = files.map((name) => `'./${name}'(module, exports, require) {${fs.readFileSync(at(name), 'utf8')}}`);
  return `(function (require, Module) {
const files = {${wrapped.join(',\n')}};
const loaded = {};
function load(name) {
  if (!files[name]) return require(name);
  if (!loaded[name]) {
    const module = (loaded[name] = { exports: {}, constructor: Module });
    files[name](module, module.exports, load);
  }
  return loaded[name].exports;
}
return load('./${files.at(-1)}');
})`;
}

// In a process of its own, as a worker is: serves what comes at descriptor 3, then keeps the code.
function serve() {
  const script = new Script(fs.readFileSync(at('worker.js'), 'utf8'), { filename: at('worker.js') });
  const shim = script.runInThisContext()(Module.createRequire(at('main.js')), Module);
  shim.prepare();
  const exit = (status) => {
    fs.writeFileSync(at('worker.cache'), script.createCachedData().toString('base64'));
    process.exit(status);
  };
  shim.serve({ code: at('dry_run'), exit });
}

// With the flags of a worker, of whatever memory.
function check() {
  process.dlopen({ exports: {} }, at('flags.node'));
  const cachedData = Buffer.from(fs.readFileSync(at('worker.cache'), 'utf8'), 'base64');
  const script = new Script(fs.readFileSync(at('worker.js'), 'utf8'), { filename: at('worker.js'), cachedData });
  if (script.cachedDataRejected) throw new Error('V8 does not take the code that it made of worker.js');
}

const again = (job, how) => [process.execPath, [...how, __filename, folder, job]];

function make() {
  fs.writeFileSync(at('worker.js'), scriptOf(FILES));
  const worker = spawn(...again('serve', []), { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] });
  const rehearsal = require(at('rehearsal.js'));
  const { Channel, type } = require(at('wire.js'));
  const [say, hear] = worker.stdio.slice(3);
  const channel = new Channel({ output: say._handle.fd });
  rehearsal.tell(channel, rehearsal.setup());
  rehearsal.call(channel, 1, '{"n":1}');
  hear.on('data', (bytes) => {
    for (let frame = 0; frame < bytes.length; frame += 16 + bytes.readUInt32LE(frame))
      if (bytes[frame + 4] === type.answer) say.end(); // lets it go
  });
  worker.on('exit', (status) => {
    process.exitCode = status || spawnSync(...again('check', ['--max-old-space-size=96']), { stdio: 'inherit' }).status;
  });
}

const jobs = { make, serve, check };
jobs[process.argv[3] ?? 'make']();
