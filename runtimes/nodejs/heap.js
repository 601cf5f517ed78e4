'use strict';
// V8 thinks that the machine's memory is its own. A worker's limit is the function's, and hitting it ends it.

const v8 = require('v8');

const GROWTH = 25; // percent of what is alive that may be added between two full collections
const ROOMY = 512; // MB of memory from which V8 may choose by itself

// In a zygote, whose children are of every size. After a full collection V8 keeps the old generation near
// what is alive in it; before, it lets garbage grow past any function's limit.
function keepSmall() {
  v8.setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  v8.setFlagsFromString('--expose-gc');
  require('vm').runInNewContext('gc')();
  v8.setFlagsFromString('--no-expose-gc');
}

// In its child, which may use so much.
function fit(memoryMb) {
  if (memoryMb >= ROOMY) v8.setFlagsFromString('--heap-growing-percent=0');
}

module.exports = { fit, keepSmall };
