'use strict';
// Everything a function could take for random.

const crypto = require('crypto');

exports.handler = async () => ({
  math: Math.random(),
  math2: Math.random(),
  bytes: crypto.randomBytes(16).toString('hex'),
  uuid: crypto.randomUUID(),
  int: crypto.randomInt(2 ** 47),
  web: Buffer.from(crypto.webcrypto.getRandomValues(new Uint8Array(16))).toString('hex'),
  key: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }).toString('hex'),
});
