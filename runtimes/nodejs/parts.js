'use strict';
// An answer that is sent while it is made: in parts, never more of them than its reader takes.

const HEAD = 1; // flag of a part
const PIECE = 1 << 16; // bytes of a part at most

// Of one call.
class Parts {
  // credit: bytes that may be sent; send(flags, payload) sends a part; listen() has us hear() soon of what is granted.
  constructor(credit, send, listen) {
    this._credit = credit;
    this._send = send;
    this._listen = listen;
    this._heard = () => {};
    this._waits = false; // for a frame
    this.begun = false;
    this.unread = false;
  }

  // Resolves once it is sent. `head`: its payload; it goes with the first part. An error: nobody reads the rest.
  async write(head, bytes) {
    while (bytes.length > 0 || !this.begun) {
      while (bytes.length > 0 && this._credit === 0 && !this.unread) await this._more();
      if (this.unread) throw new Error('The client does not read the rest of the answer.');
      const piece = bytes.subarray(0, Math.min(this._credit, PIECE));
      bytes = bytes.subarray(piece.length);
      this._credit -= piece.length;
      this._send(this.begun ? 0 : HEAD, this.begun ? piece : Buffer.concat([head, piece]));
      this.begun = true;
    }
  }

  _more() {
    return new Promise((resolve) => {
      this._heard = resolve;
      this._waits = true;
      this._listen();
    });
  }

  // A frame about credit.
  hear(flags, payload) {
    if (flags) this.unread = true;
    else this._credit += payload.readUInt32LE(0);
    this._waits = false;
    this._heard();
  }

  // The call has ended.
  close() {
    this.unread = true;
    this._heard();
  }
}

module.exports = { Parts };
