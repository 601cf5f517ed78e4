'use strict';
// process.stdout and process.stderr of a function: a stream whose chunks are printed at once.

const { Writable } = require('stream');

class LogStream extends Writable {
  constructor(descriptor, print) {
    super({ decodeStrings: true });
    this.fd = descriptor;
    this._print = print;
  }

  _write(chunk, _encoding, done) {
    this._print(this.fd, chunk);
    done();
  }

  _destroy(_error, done) {
    done();
  }
}

module.exports = { LogStream };
