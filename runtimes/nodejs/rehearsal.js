'use strict';
// What the server would tell a worker, for one that serves the dry run's function.

const wire = require('./wire.js');

function fields(names, value) {
  return Object.fromEntries(names.split(' ').map((name) => [name, value]));
}

// With the names that the server's has (src/workers/setup.cpp).
function setup() {
  const environment = fields(
    'PATH HOME TMPDIR LANG LD_LIBRARY_PATH FC_FUNC_CODE_PATH FC_ACCOUNT_ID FC_REGION FC_SERVICE_NAME FC_FUNCTION_NAME ' +
      'FC_FUNCTION_HANDLER FC_FUNCTION_MEMORY_SIZE FC_INSTANCE_ID FC_QUALIFIER FC_VERSION_ID FC_RUNTIME FC_SERVER_PORT ' +
      'NODE_PATH FC_ENDPOINT OSS_ENDPOINT AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 OSS_REGION AWS_REGION AWS_DEFAULT_REGION',
    '/usr/local/lib'
  );
  const context = {
    function: { ...fields('name handler initializer', 'f'), memory: 128, timeout: 1, initialization_timeout: 1 },
    service: fields('name log_project log_store qualifier version_id', 's'),
    region: 'r',
    account_id: '1',
  };
  return { protocol: 1, handler: 'dry_run.handler', initializer: '', concurrency: 1, environment, context };
}

const tell = (channel, told) => channel.send(wire.type.setup, 0, 0, Buffer.from(JSON.stringify(told)));

// Of no request id: it would be logged.
const call = (channel, id, event) =>
  channel.send(wire.type.call, 0, id, Buffer.concat([Buffer.alloc(5), Buffer.from(event)]));

module.exports = { call, setup, tell };
