// What a platform without warmed parents starts: a node that loads one handler and answers one event.
const fs = require('fs');

const { handler } = require(process.argv[2]);
const event = Buffer.alloc(4096);
const size = fs.readSync(0, event);
Promise.resolve(handler(event.subarray(0, size), null)).then((answer) => fs.writeSync(0, JSON.stringify(answer)));
