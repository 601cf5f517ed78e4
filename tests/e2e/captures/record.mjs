// Writes fc2.json anew: what the client @alicloud/fc2 sends, header for header, for the calls that
// test_captures.py replays. Run it by hand when the client's version changes: node captures/record.mjs
// Keys, account and date are made up; a signature is made again at replay.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const FC = createRequire(import.meta.url)("@alicloud/fc2");
const recorded = [];

const recorder = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
        const headers = [];
        for (let i = 0; i < request.rawHeaders.length; i += 2)
            headers.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
        const bytes = Buffer.concat(parts), text = bytes.toString();
        const body = Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
        Object.assign(recorded.at(-1), { method: request.method, target: request.url, headers, ...body });
        response.setHeader("Content-Type", "application/json");
        response.end("{}");
    });
});

await new Promise((listening) => recorder.listen(0, "127.0.0.1", listening));
const client = new FC("1234567890123456", {
    accessKeyID: "testAccessKeyId", accessKeySecret: "testAccessKeySecret", region: "local",
    endpoint: `http://127.0.0.1:${recorder.address().port}`,
});
const zipFile = "$ZIP", webFile = "$WEB"; // a package for events, and one for HTTP
const httpTrigger = (methods) => ({ authType: "function", methods });
const steps = {
    "createService": [200, () => client.createService("demo", { description: "my svc", logConfig: { project: "p", logstore: "l" } })],
    "createService again": [409, () => client.createService("demo", {})],
    "listServices": [200, () => client.listServices({ prefix: "de", limit: 3 })],
    "getService with a qualifier": [200, () => client.getService("demo", {}, "LATEST")],
    "getService with an unknown qualifier": [404, () => client.getService("demo", {}, "prod")],
    "updateService with an old ETag": [412, () => client.updateService("demo", { description: "d2" }, { "if-match": "abc" })],
    "updateService": [200, () => client.updateService("demo", { description: "d2" })],
    "createFunction": [200, () => client.createFunction("demo", {
        functionName: "hello", description: "fn", handler: "index.handler", initializer: "index.init", initializationTimeout: 10,
        memorySize: 128, timeout: 30, runtime: "python3", environmentVariables: { A: "b" }, code: { zipFile } })],
    "getFunction": [200, () => client.getFunction("demo", "hello")],
    "getFunctionCode of LATEST": [200, () => client.getFunctionCode("demo", "hello", {}, "LATEST")],
    "listFunctions": [200, () => client.listFunctions("demo", { limit: 10 })],
    "updateFunction": [200, () => client.updateFunction("demo", "hello", { timeout: 60 })],
    "invoke": [200, () => client.invokeFunction("demo", "hello", JSON.stringify({ key: "value" }), { "X-Fc-Log-Type": "Tail" })],
    "invoke with bytes and a qualifier": [200, () => client.invokeFunction("demo", "hello", Buffer.from([0, 1, 255]), {}, "LATEST", { rawBuf: true })],
    "invoke with nothing": [200, () => client.invokeFunction("demo", "hello", null)],
    "createTrigger http": [200, () => client.createTrigger("demo", "hello", {
        triggerName: "http", triggerType: "http", sourceArn: "dummy_arn", invocationRole: "", triggerConfig: httpTrigger(["GET"]), qualifier: "LATEST" })],
    "createTrigger http again": [409, () => client.createTrigger("demo", "hello", {
        triggerName: "http", triggerType: "http", triggerConfig: httpTrigger(["GET"]) })],
    "createTrigger of a type that is not served": [400, () => client.createTrigger("demo", "hello", {
        triggerName: "log", triggerType: "log", sourceArn: "acs:log:local:1234567890123456:project/p", invocationRole: "acs:ram::1234567890123456:role/r", triggerConfig: {} })],
    "listTriggers": [200, () => client.listTriggers("demo", "hello")],
    "getTrigger": [200, () => client.getTrigger("demo", "hello", "http")],
    "updateTrigger": [200, () => client.updateTrigger("demo", "hello", "http", { triggerConfig: httpTrigger(["GET", "POST"]) })],
    "invoke what is called over HTTP": [400, () => client.invokeFunction("demo", "hello", "x")],
    "updateFunction to one for HTTP": [200, () => client.updateFunction("demo", "hello", { initializer: "", code: { zipFile: webFile } })],
    "http get": [200, () => client.get("/proxy/demo/hello/action%20with%20space", { x: "awesome", y: ["2", "1"], "a b": "c d" }, { "custom-header": "abc" })],
    "http get without a query": [200, () => client.get("/proxy/demo/hello/")],
    "http post": [200, () => client.post("/proxy/demo.LATEST/hello/a/b", "body text", { "x-fc-trace-id": "t" }, { q: "1" })],
    "http post to an unknown qualifier": [404, () => client.post("/proxy/demo.prod/hello/a/b", "body text", {}, { q: "1" })],
    "http put, which the trigger does not take": [400, () => client.put("/proxy/demo/hello/", "body text")],
    "deleteFunction that has a trigger": [412, () => client.deleteFunction("demo", "hello")],
    "deleteTrigger": [204, () => client.deleteTrigger("demo", "hello", "http")],
    "deleteTrigger again": [404, () => client.deleteTrigger("demo", "hello", "http")],
    "listVersions": [200, () => client.listVersions("demo", { limit: 5 })],
    "getAlias": [404, () => client.getAlias("demo", "prod")],
    "getAccountSettings": [200, () => client.getAccountSettings()],
    "getAccountConfigs": [200, () => client.getAccountConfigs({ config: ["CodeSizeLimit", "Concurrency"] })],
    "deleteFunction": [204, () => client.deleteFunction("demo", "hello")],
    "deleteService": [204, () => client.deleteService("demo")],
};
for (const [name, [status, act]] of Object.entries(steps)) {
    recorded.push({ name, status });
    await act();
}
recorder.close();
const blank = { date: "Mon, 06 May 2024 07:08:09 GMT", authorization: "FC testAccessKeyId:made again at replay" };
for (const request of recorded)
    request.headers = request.headers.map(([name, value]) => [name, blank[name.toLowerCase()] ?? value]);
const lines = recorded.map((exchange) => JSON.stringify(exchange));
writeFileSync(new URL("fc2.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
