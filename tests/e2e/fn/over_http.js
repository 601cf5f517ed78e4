'use strict';
// Called over HTTP, does what the path says: as over_http.py does.

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

exports.handler = async (request, response, context) => {
  const action = request.path.split('/')[1];
  const { queries, headers } = request;
  const body = await read(request);
  if (action === 'body') {
    response.setHeader('Content-Type', headers['content-type'] ?? 'none/given');
    response.setHeader('X-Length', headers['content-length'] ?? '0');
    return response.send(body);
  }
  if (action === 'status') {
    response.setStatusCode(Number(queries.code));
    response.setHeader('Location', queries.to ?? '/');
    return response.send('with status');
  }
  if (action === 'headers') {
    response.setHeader('Set-Cookie', ['a=b', 'c=d']);
    response.setHeader('X-Text', 'caf\xe9');
    response.setHeader('Server', 'mine');
    response.setHeader('Connection', 'close');
    return response.send('');
  }
  if (action === 'header') {
    response.setHeader(queries.name, queries.value);
    return response.send('sent');
  }
  if (action === 'big') {
    response.setHeader('A', 'x'.repeat(100_000));
    return response.send('');
  }
  if (action === 'raise') throw new RangeError('raised as asked');
  if (action === 'exit') process.exit(3);
  while (action === 'hang');
  if (action === 'print') console.log('printed over HTTP');
  response.setHeader('Content-Type', 'application/json');
  response.send(JSON.stringify({
    method: request.method, path: request.path, queries, uri: request.url, client: request.clientIP,
    request: context.requestId, headers,
  }));
};
