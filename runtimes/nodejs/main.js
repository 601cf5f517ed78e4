'use strict';
// A Node.js worker by plain exec. What it always needs comes as one script, with the code that V8 made of it
// (bundle.js): file by file, and compiled, it takes 3 ms more.

process.dlopen({ exports: {} }, `${__dirname}/flags.node`); // first: V8 takes no code before

const { readFileSync } = require('fs');
const { Script } = require('vm');

const filename = `${__dirname}/worker.js`;
const cachedData = Buffer.from(readFileSync(`${__dirname}/worker.cache`, 'utf8'), 'base64');
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
const shim = script.runInThisContext()(require, module.constructor);

shim.prepare();
shim.serve();
