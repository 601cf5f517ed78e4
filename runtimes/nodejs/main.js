'use strict';
// A Node.js worker by plain exec.

require('./flags.node'); // first: what is loaded after it loads sooner

const shim = require('./shim.js');

shim.prepare();
shim.serve();
