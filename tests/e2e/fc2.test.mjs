// The public client @alicloud/fc2, unmodified, against a running server. test_fc2.py starts the server and
// says by environment variables where it is.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const FC = createRequire(import.meta.url)("@alicloud/fc2");
const { FC_ENDPOINT: endpoint, FC_ACCOUNT: account, FC_KEY_ID: id, FC_KEY_SECRET: secret } = process.env;
const { FC_ZIP: zip, FC_ZIP_CHECKSUM: checksum, FC_OTHER_ZIP: otherZip, FC_WEB_ZIP: webZip, FC_SLOW_ZIP: slowZip } =
    process.env; // base64, decimal CRC-64
const client = new FC(account, { accessKeyID: id, accessKeySecret: secret, region: "local", endpoint });

const fails = (code, status) => (error) => {
    assert.equal(error.name, `FC${code}Error`);
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`failed with ${status}\\. requestid: 1-[0-9a-f]{8}-[0-9a-f]{24}, message: .{10,}`));
    return true;
};
const make = (name, more = {}) =>
    client.createFunction("demo", {
        functionName: name, runtime: "python3", handler: "index.handler", memorySize: 128, timeout: 30,
        code: { zipFile: zip }, ...more,
    });

before(async () => {
    await client.createService("demo", { description: "my service", logConfig: { project: "p", logstore: "l" } });
    await make("hello", { environmentVariables: { A: "b" }, initializer: "index.init", initializationTimeout: 10 });
});
after(async () => {
    for (const { functionName } of (await client.listFunctions("demo")).data.functions)
        await client.deleteFunction("demo", functionName);
    await client.deleteService("demo");
});

test("a service is made, read, changed and deleted", async () => {
    const made = await client.createService("crud", { description: "one", internetAccess: false });
    assert.equal(made.data.serviceName, "crud");
    assert.equal(made.data.description, "one");
    assert.equal(made.data.internetAccess, false);
    assert.match(made.data.serviceId, /^[0-9a-f-]{36}$/);
    assert.match(made.data.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(made.headers["x-fc-request-id"], /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.ok(made.headers.etag);

    const read = await client.getService("crud");
    assert.deepEqual(read.data, made.data);
    assert.equal(read.headers.etag, made.headers.etag);

    await assert.rejects(client.updateService("crud", { description: "two" }, { "if-match": "not it" }), fails("PreconditionFailed", 412));
    const changed = await client.updateService("crud", { description: "two" }, { "if-match": made.headers.etag });
    assert.equal(changed.data.description, "two");
    assert.equal(changed.data.internetAccess, false); // what was not named stays
    assert.notEqual(changed.headers.etag, made.headers.etag);

    // This client takes a service's options for its headers.
    await assert.rejects(client.deleteService("crud", { "if-match": made.headers.etag }), fails("PreconditionFailed", 412));
    const gone = await client.deleteService("crud");
    assert.equal(gone.data, "");
    assert.ok(gone.headers["x-fc-request-id"]);
    await assert.rejects(client.getService("crud"), fails("ServiceNotFound", 404));
});

test("services and functions are listed by pages, in order, from a key, by prefix", async () => {
    const names = ["list_a", "list_b", "list_c", "list_d", "list_e"];
    for (const name of names) await make(name);
    const all = [];
    let nextToken;
    do {
        const page = await client.listFunctions("demo", { limit: 2, prefix: "list_", nextToken });
        assert.ok(page.data.functions.length <= 2);
        all.push(...page.data.functions.map((f) => f.functionName));
        nextToken = page.data.nextToken;
    } while (nextToken);
    assert.deepEqual(all, names);
    const from = await client.listFunctions("demo", { startKey: "list_c", limit: 100, prefix: "list_" });
    assert.deepEqual(from.data.functions.map((f) => f.functionName), names.slice(2));
    const services = await client.listServices({ prefix: "dem" });
    assert.deepEqual(services.data.services.map((s) => s.serviceName), ["demo"]);
    assert.equal(services.data.nextToken, null);
    await assert.rejects(client.listFunctions("demo", { limit: "many" }), fails("InvalidArgument", 400));
});

test("a function is read, changed and deleted", async () => {
    const made = await make("crud", { description: "one" });
    assert.equal(made.data.codeChecksum, checksum);
    assert.equal(made.data.codeSize, Buffer.from(zip, "base64").length);
    assert.equal(made.data.code, undefined);
    const { timeout, memorySize, runtime, handler, instanceConcurrency, environmentVariables, initializer } = made.data;
    assert.deepEqual(
        { timeout, memorySize, runtime, handler, instanceConcurrency, environmentVariables, initializer },
        { timeout: 30, memorySize: 128, runtime: "python3", handler: "index.handler", instanceConcurrency: 1, environmentVariables: {}, initializer: null },
    );
    const read = await client.getFunction("demo", "crud", {}, "LATEST");
    assert.deepEqual(read.data, made.data);

    await assert.rejects(client.updateFunction("demo", "crud", { timeout: 5 }, { "if-match": "no" }), fails("PreconditionFailed", 412));
    const changed = await client.updateFunction("demo", "crud", { timeout: 5, environmentVariables: { X: "1" } }, { "if-match": made.headers.etag });
    assert.equal(changed.data.timeout, 5);
    assert.deepEqual(changed.data.environmentVariables, { X: "1" });
    assert.equal(changed.data.description, "one");
    assert.equal(changed.data.codeChecksum, checksum);

    const replaced = await client.updateFunction("demo", "crud", { code: { zipFile: otherZip } });
    assert.notEqual(replaced.data.codeChecksum, checksum);
    const answer = await client.invokeFunction("demo", "crud", "x");
    assert.equal(answer.data, "other");

    await client.deleteFunction("demo", "crud");
    await assert.rejects(client.getFunction("demo", "crud"), fails("FunctionNotFound", 404));
    await assert.rejects(client.invokeFunction("demo", "crud", "x"), fails("FunctionNotFound", 404));
});

test("the code can be downloaded where the answer says, and its checksum fits", async () => {
    const { data } = await client.getFunctionCode("demo", "hello");
    assert.equal(data.checksum, checksum);
    const download = await fetch(data.url);
    assert.equal(download.status, 200);
    assert.equal(Buffer.from(await download.arrayBuffer()).toString("base64"), zip);
    const forged = await fetch(data.url.replace(/x-fc-expires=\d+/, "x-fc-expires=9999999999"));
    assert.equal(forged.status, 403);
});

test("a call answers with the function's bytes and every header", async () => {
    const { data, headers } = await client.invokeFunction("demo", "hello", JSON.stringify({ key: "value" }), { "X-Fc-Log-Type": "Tail" });
    assert.equal(data, '{"key":"value"}');
    assert.equal(headers["content-type"], "application/octet-stream");
    assert.match(headers["x-fc-request-id"], /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.equal(headers["x-fc-code-checksum"], checksum);
    assert.match(headers["x-fc-invocation-duration"], /^\d+$/);
    assert.match(headers["x-fc-max-memory-usage"], /^\d+\.\d\d$/);
    assert.equal(headers["x-fc-invocation-service-version"], "LATEST");
    assert.match(headers["x-fc-instance-id"], /^c-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/);
    assert.equal(headers["x-fc-error-type"], undefined);
    for (const name of ["date", "x-fc-request-id", "x-fc-error-type", "x-fc-log-result", "x-fc-instance-id"])
        assert.ok(headers["access-control-expose-headers"].toLowerCase().includes(name), name);
    assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 60_000);
    const log = Buffer.from(headers["x-fc-log-result"], "base64").toString();
    assert.match(log, new RegExp(`^FC Invoke Start RequestId: ${headers["x-fc-request-id"]}\n`));
    assert.match(log, /\nhello from the function\n/);
    assert.match(log, /\nDuration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 128 MB, Max Memory Used: \d+\.\d\d MB\n$/);
});

test("bytes, nothing and a qualifier are sent and come back as they are", async () => {
    const bytes = Buffer.from([0, 1, 2, 254, 255, 10, 13]);
    const echoed = await client.invokeFunction("demo", "hello", bytes, {}, "LATEST", { rawBuf: true });
    assert.deepEqual(echoed.data, bytes);
    assert.equal((await client.invokeFunction("demo", "hello", null)).data, "");
    assert.equal((await client.invokeFunction("demo", "hello", "ü你😀")).data, "ü你😀");
});

test("a function's error is an answer", async () => {
    const { data, headers } = await client.invokeFunction("demo", "hello", "raise");
    assert.equal(headers["x-fc-error-type"], "UnhandledInvocationError");
    const error = JSON.parse(data);
    assert.equal(error.errorMessage, "raised as asked");
    assert.equal(error.errorType, "ValueError");
    assert.equal(error.stackTrace[0].length, 4);
});

test("a function is called over HTTP through its trigger, signed", async () => {
    await make("web", { code: { zipFile: webZip } });
    const config = { authType: "function", methods: ["GET", "POST"] };
    const made = await client.createTrigger("demo", "web", {
        triggerName: "t", triggerType: "http", triggerConfig: config, sourceArn: "dummy_arn", invocationRole: "" });
    assert.equal(made.data.urlInternet, `${endpoint}/2016-08-15/proxy/demo/web/`);
    assert.equal(made.data.targetArn, `acs:fc:local:${account}:services/demo/functions/web`);
    assert.deepEqual(made.data.triggerConfig, config);
    const read = await client.getTrigger("demo", "web", "t");
    assert.deepEqual([read.data, read.headers.etag], [made.data, made.headers.etag]);
    assert.deepEqual((await client.listTriggers("demo", "web")).data.triggers, [made.data]);

    const got = await client.get("/proxy/demo/web/action%20with%20space", { x: "awesome", y: ["2", "1"], "a b": "c d" }, { "custom-header": "abc" });
    assert.equal(got.data.path, "/action with space");
    assert.deepEqual(got.data.queries, { x: "awesome", y: ["2", "1"], "a b": "c d" });
    assert.equal(got.data.headers["custom-header"], "abc");
    assert.match(got.headers["x-fc-invocation-duration"], /^\d+$/);
    const posted = await client.post("/proxy/demo.LATEST/web/body", "body text", { "content-type": "text/plain" }, { q: "1" });
    assert.equal(posted.data, "body text");
    await assert.rejects(client.put("/proxy/demo/web/", "x"), fails("InvalidArgument", 400));
    await assert.rejects(client.invokeFunction("demo", "web", "x"), fails("InvalidArgument", 400));
    assert.equal((await fetch(made.data.urlInternet)).status, 403);

    await assert.rejects(client.updateTrigger("demo", "web", "t", { triggerConfig: config }, { "if-match": "no" }), fails("PreconditionFailed", 412));
    await client.updateTrigger("demo", "web", "t", { triggerConfig: { ...config, authType: "anonymous" } });
    assert.equal((await (await fetch(made.data.urlInternet)).json()).path, "/");
    await assert.rejects(client.deleteFunction("demo", "web"), fails("FunctionNotEmpty", 412));
    await client.deleteTrigger("demo", "web", "t");
    assert.equal((await fetch(made.data.urlInternet)).status, 404);
    await client.deleteFunction("demo", "web");
});

test("errors carry the exact codes", async () => {
    await assert.rejects(client.createService("demo"), fails("ServiceAlreadyExists", 409));
    await assert.rejects(make("hello"), fails("FunctionAlreadyExists", 409));
    await assert.rejects(client.deleteService("demo"), fails("ServiceNotEmpty", 412));
    await assert.rejects(make("1st"), fails("InvalidArgument", 400));
    await assert.rejects(make("x", { runtime: "cobol" }), fails("InvalidArgument", 400));
    await assert.rejects(make("x", { code: { zipFile: "AAAA" } }), fails("InvalidArgument", 400));
    await assert.rejects(client.getFunction("none", "x"), fails("ServiceNotFound", 404));
    await assert.rejects(client.getTrigger("demo", "hello", "t"), fails("TriggerNotFound", 404));
    await assert.rejects(client.getAlias("demo", "prod"), fails("AliasNotFound", 404));
    await assert.rejects(client.invokeFunction("demo", "hello", "x", { "X-Fc-Log-Type": "All" }), fails("InvalidArgument", 400));
    await assert.rejects(client.invokeFunction("demo", "hello", "x", {}, "7"), fails("VersionNotFound", 404));
    const stranger = new FC(account, { accessKeyID: "nobody", accessKeySecret: secret, region: "local", endpoint });
    await assert.rejects(stranger.listServices(), fails("InvalidAccessKeyID", 403));
    const forger = new FC(account, { accessKeyID: id, accessKeySecret: "wrong", region: "local", endpoint });
    await assert.rejects(forger.listServices(), fails("SignatureNotMatch", 403));
    // The account named in a header is nobody's proof: only the key counts.
    const renamed = new FC("42", { accessKeyID: id, accessKeySecret: secret, region: "local", endpoint });
    assert.equal((await renamed.getService("demo")).data.serviceName, "demo");
});

test("a layer is published, read, made public, used and deleted", async () => {
    const { data: made } = await client.publishLayerVersion("lay", { description: "x", code: { zipFile: zip } });
    assert.deepEqual([made.layerName, made.version, made.codeChecksum], ["lay", 1, checksum]);
    const { code, ...rest } = made;
    for (const read of [client.getLayerVersion("lay", 1), client.getLayerVersionByArn(made.arnV2), client.getLayerVersionByArn(made.arn)]) {
        const { code: fresh, ...same } = (await read).data;
        assert.deepEqual(same, rest);
    }
    await client.putLayerACL("lay", { public: "true" });
    assert.deepEqual((await client.listLayers({ prefix: "lay" })).data.layers.map((l) => [l.version, l.acl]), [[1, 1]]);
    assert.equal((await client.listLayerVersions("lay", { startVersion: 1 })).data.layers.length, 1);
    const used = await make("layered", { layers: [made.arnV2] });
    assert.deepEqual(used.data.layersArnV2, [made.arnV2]);
    await client.deleteLayerVersion("lay", 1);
    await assert.rejects(client.getLayerVersion("lay", 1), fails("LayerNotFound", 404));
    assert.equal((await client.invokeFunction("demo", "layered", "x")).data, "x");
});

test("a hundred calls at once are all answered", async () => {
    const calls = Array.from({ length: 100 }, (_, n) => client.invokeFunction("demo", "hello", `call ${n}`));
    assert.deepEqual((await Promise.all(calls)).map((a) => a.data), Array.from({ length: 100 }, (_, n) => `call ${n}`));
});

const until = async (condition) => {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
        const value = await condition();
        if (value) return value;
    }
    assert.fail("it did not happen in time");
};

test("an asynchronous call is accepted, is a task, and is listed and stopped", async () => {
    await make("later");
    const config = await client.putFunctionAsyncConfig("demo", "later", undefined, {
        maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 100, statefulInvocation: true,
        destinationConfig: { onSuccess: { destination: `acs:fc:local:${account}:services/demo/functions/hello` } },
    });
    assert.equal(config.data.maxAsyncRetryAttempts, 1);
    assert.equal(config.data.qualifier, "LATEST");
    assert.deepEqual((await client.getFunctionAsyncConfig("demo", "later")).data, config.data);
    const listed = await client.listFunctionAsyncConfigs("demo", "later");
    assert.deepEqual(listed.data.configs, [config.data]);

    const headers = { "x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": "job_1" };
    const accepted = await client.invokeFunction("demo", "later", "payload", headers);
    assert.equal(accepted.data, "");
    assert.equal(accepted.headers["x-fc-stateful-async-invocation-id"], "job_1");
    await assert.rejects(client.invokeFunction("demo", "later", "payload", headers), fails("StatefulAsyncInvocationAlreadyExists", 409));

    const tasks = "/services/demo/functions/later/stateful-async-invocations";
    const task = await until(async () => {
        const { data } = await client.get(`${tasks}/job_1`);
        return ["Succeeded", "Failed"].includes(data.status) && data;
    });
    assert.equal(task.invocationId, "job_1");
    assert.equal(task.requestId, accepted.headers["x-fc-request-id"]);
    assert.equal(task.invocationPayload, "payload");
    const all = await client.get(tasks, { limit: 10, invocationIdPrefix: "job" });
    assert.deepEqual(all.data.invocations.map((one) => one.invocationId), ["job_1"]);
    await assert.rejects(client.put(`${tasks}/job_1`, {}), fails("InvalidArgument", 400));
    await assert.rejects(client.get(`${tasks}/job_2`), fails("StatefulAsyncInvocationNotFound", 404));

    await client.deleteFunctionAsyncConfig("demo", "later");
    await assert.rejects(client.getFunctionAsyncConfig("demo", "later"), fails("AsyncConfigNotExists", 404));
});

test("a task that runs is stopped", async () => {
    await make("slow", { code: { zipFile: slowZip }, timeout: 600 });
    await client.putFunctionAsyncConfig("demo", "slow", undefined, { statefulInvocation: true });
    const headers = { "x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": "long" };
    await client.invokeFunction("demo", "slow", "500", headers); // seconds
    const task = "/services/demo/functions/slow/stateful-async-invocations/long";
    await until(async () => (await client.get(task)).data.status === "Running");
    assert.equal((await client.put(task, {})).data, "");
    await until(async () => (await client.get(task)).data.status === "Stopped");
    await assert.rejects(client.put(task, {}), fails("AsyncInvocationStopped", 412));
});
