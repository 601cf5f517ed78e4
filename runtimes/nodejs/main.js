'use strict';
// A Node.js worker by plain exec.

const shim = require('./shim.js');

shim.prepare();
shim.serve();
