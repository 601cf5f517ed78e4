// The reference for warm calls: what a bare node:http server does with the same request.
const http = require('node:http');

http
  .createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => response.end(Buffer.concat(parts)));
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
