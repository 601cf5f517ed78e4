'use strict';
// Loads an ES module. Apart from the shim, for a script with code of its own (main.js) cannot import.

const { pathToFileURL } = require('url');

module.exports = (file) => import(pathToFileURL(file).href);
