'use strict';
// Answers with the version of its code, that of its environment, and the event, after as many milliseconds as it says.

const code = require('fs').readFileSync('/code/version.txt', 'utf8');

exports.handler = async (event) => {
  const [token, milliseconds] = event.toString().split(' ');
  await new Promise((resolve) => setTimeout(resolve, Number(milliseconds)));
  return `${code} ${process.env.VERSION} ${token}`;
};
