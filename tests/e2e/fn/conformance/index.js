'use strict';
// One function for the conformance suite: what it does is said by its environment.

let initialized = 'not';

const actions = {
  echo: (event) => event,
  json: (event, context) => ({ got: JSON.parse(event), request: context.requestId }),
  say: (event) => {
    for (let n = 0; n < Number(event); ++n) process.stdout.write(`line ${n}\n`);
    return 'said';
  },
  fail: (event) => {
    throw new RangeError('on purpose: ' + event);
  },
  hang: () => {
    for (;;);
  },
  exit: () => process.exit(3),
  memory: () => {
    for (const kept = []; ; ) kept.push(Buffer.alloc(1 << 20, 'x'));
  },
  initialized: () => initialized,
};

exports.initialize = (context, callback) => {
  if (process.env.INIT === 'fail') throw new RangeError('no start today');
  if (process.env.INIT === 'hang') actions.hang();
  initialized = 'by ' + context.requestId;
  callback();
};

exports.handler = async (event, context) => actions[process.env.DO](event, context);
