'use strict';
// Called over HTTP, takes its body while it comes, as the path says: as takes_body.py does.

const crypto = require('crypto');
const fs = require('fs');

async function waitFor(step) {
  while (!fs.existsSync(`/tmp/${step}`)) await new Promise((done) => setTimeout(done, 2));
}

async function told(request) {
  const digest = crypto.createHash('sha256');
  let size = 0;
  for await (const piece of request) {
    digest.update(piece);
    size += piece.length;
  }
  return `${digest.digest('hex')} ${size} ${request.headers['content-length'] ?? 'None'}`;
}

async function some(request, wanted) {
  let size = 0;
  for await (const piece of request) if ((size += piece.length) >= wanted) break;
  return Math.min(size, wanted);
}

exports.handler = async (request, response) => {
  const action = request.path.split('/')[1];
  if (action === 'sum') return response.send(await told(request));
  if (action === 'echo') return response.send(request);
  if (action === 'early') return response.send('early');
  if (action === 'partly') return response.send(String(await some(request, 100_000)));
  if (action === 'hang') await waitFor('never');
  if (action === 'slow') {
    await waitFor(1);
    return response.send(await told(request));
  }
  if (action === 'exit') {
    await some(request, 100_000);
    process.exit(3);
  }
  try {
    await some(request, Infinity);
    response.send('whole');
  } catch (error) {
    console.log('the body broke off:', error.message);
    response.send(`cut ${error.name}`);
  }
};
