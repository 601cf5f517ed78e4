'use strict';
// Called over HTTP, answers in parts, as the path says: as in_parts.py does.

const fs = require('fs');
const { Readable } = require('stream');

const BLOCK = Buffer.concat(Array(256).fill(Buffer.from(Array.from({ length: 256 }, (_, n) => n))));

async function waitFor(step) {
  while (!fs.existsSync(`/tmp/${step}`)) await new Promise((done) => setTimeout(done, 2));
}

async function* events() {
  for (const n of [1, 2, 3]) {
    yield `data: ${n}\n\n`;
    await waitFor(n);
  }
}

function* blocks(count) {
  for (let n = 0; n < count; ++n) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(n);
    yield Buffer.concat([number, BLOCK]);
  }
}

function* endless() {
  while (true) yield BLOCK;
}

async function* afterOne(end) {
  yield 'one';
  await new Promise(setImmediate); // a stream asks for the next part before the first is used
  await end();
}

const ENDS = {
  raise: () => { throw new RangeError('raised midway'); },
  exit: () => process.exit(3),
  hang: () => waitFor('never'),
};

exports.handler = (request, response) => {
  const action = request.path.split('/')[1];
  const count = Number(request.queries.n ?? 0);
  const send = (parts) => response.send(Readable.from(parts));
  if (action === 'events') {
    response.setHeader('Content-Type', 'text/event-stream');
    send(events());
  } else if (action === 'blocks') {
    send(blocks(count));
  } else if (action === 'sized') {
    response.setHeader('Content-Length', count * (4 + BLOCK.length));
    send(blocks(count));
  } else if (action === 'short' || action === 'long') {
    response.setHeader('Content-Length', action === 'short' ? 1000 : 4);
    send(['one', 'two']);
  } else if (action === 'status') {
    response.setStatusCode(count);
    send(['one', 'two']);
  } else if (action === 'bad') {
    response.setHeader('A', 'x'.repeat(100_000));
    send(endless());
  } else if (action === 'endless') {
    send(endless());
  } else if (ENDS[action]) {
    console.log('printed midway');
    send(afterOne(ENDS[action]));
  } else {
    response.send('whole');
  }
};
