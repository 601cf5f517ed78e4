// npm ali-oss, unmodified, against the object store: signatures V1 and V4, bucket in the path or in the host.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import './support/localhost.mjs'
import OSS from 'ali-oss'

const { OBJECTS, KEY_ID, KEY_SECRET } = process.env
const port = new URL(OBJECTS).port
const client = (options) =>
  new OSS({
    accessKeyId: KEY_ID,
    accessKeySecret: KEY_SECRET,
    region: 'oss-cn-hangzhou',
    bucket: 'photos',
    timeout: 20000,
    ...options
  })

const ways = {
  'V1, localhost': { endpoint: `http://localhost:${port}`, sldEnable: true },
  'V4, localhost': { endpoint: `http://localhost:${port}`, sldEnable: true, authorizationV4: true },
  'V1, address': { endpoint: OBJECTS },
  'V4, address': { endpoint: OBJECTS, authorizationV4: true },
  'V1, address, bucket twice': { endpoint: OBJECTS, sldEnable: true },
  'V4, address, bucket twice': { endpoint: OBJECTS, sldEnable: true, authorizationV4: true }
}

for (const [way, options] of Object.entries(ways)) {
  const oss = client(options)
  const at = way.replaceAll(/\W/g, '') + '/'

  test(`${way}: buckets`, async () => {
    await oss.putBucket('photos')
    const { buckets } = await oss.listBuckets({ 'max-keys': 10 })
    assert.ok(buckets.some((b) => b.name === 'photos'))
    assert.equal((await oss.getBucketInfo('photos')).bucket.Name, 'photos')
    assert.equal((await oss.getBucketLocation('photos')).location, 'oss-cn-hangzhou')
    assert.equal((await oss.getBucketACL('photos')).acl, 'private')
  })

  test(`${way}: put, get, head, range, metadata`, async () => {
    const key = at + 'dir/héllo world+1.txt'
    const put = await oss.put(key, Buffer.from('hello'), { meta: { uid: 1, who: 'me' }, mime: 'text/x' })
    assert.equal(put.res.headers['x-oss-hash-crc64ecma'], '11177612005948864433')
    const got = await oss.get(key)
    assert.equal(got.content.toString(), 'hello')
    assert.equal(got.res.headers['content-type'], 'text/x')
    assert.equal(got.res.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"')
    assert.equal((await oss.get(key, { headers: { Range: 'bytes=1-3' } })).content.toString(), 'ell')
    assert.deepEqual((await oss.head(key)).meta, { uid: '1', who: 'me' })
  })

  test(`${way}: what is not there`, async () => {
    await assert.rejects(oss.get(at + 'nope'), { code: 'NoSuchKey', status: 404 })
    await assert.rejects(oss.head(at + 'nope'), { code: 'NoSuchKey', status: 404 })
    await assert.rejects(client({ ...options, bucket: 'no-such-bucket' }).get('x'), { code: 'NoSuchBucket' })
    await assert.rejects(client({ ...options, accessKeySecret: 'x' }).get('x'), { code: 'SignatureDoesNotMatch' })
  })

  test(`${way}: streams without a length, copy, new metadata, no overwriting`, async () => {
    const body = Buffer.alloc(300000, 'abc')
    await oss.putStream(at + 's', Readable.from([body.subarray(0, 7), body.subarray(7)]))
    await oss.copy(at + 'copy é', at + 's')
    assert.ok((await oss.get(at + 'copy é')).content.equals(body))
    await oss.putMeta(at + 'copy é', { a: 'b' })
    assert.deepEqual((await oss.head(at + 'copy é')).meta, { a: 'b' })
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    await assert.rejects(oss.put(at + 's', Buffer.from('x'), { headers }), { code: 'FileAlreadyExists', status: 409 })
  })

  test(`${way}: listing and deleting`, async () => {
    for (const name of ['l/a', 'l/b/1', 'l/b/2', 'l/c']) await oss.put(at + name, Buffer.from('x'))
    const one = await oss.list({ prefix: at + 'l/', delimiter: '/', 'max-keys': 2 })
    assert.deepEqual([one.objects.map((o) => o.name), one.prefixes, one.isTruncated], [[at + 'l/a'], [at + 'l/b/'], true])
    const two = await oss.list({ prefix: at + 'l/', delimiter: '/', marker: one.nextMarker })
    assert.deepEqual(two.objects.map((o) => o.name), [at + 'l/c'])
    const v2 = await oss.listV2({ prefix: at + 'l/', 'max-keys': 3 })
    const rest = await oss.listV2({ prefix: at + 'l/', 'continuation-token': v2.nextContinuationToken })
    assert.equal(v2.objects.length + rest.objects.length, 4)
    assert.ok((await oss.listV2({ prefix: '', delimiter: '/' })).prefixes.includes(at))
    const gone = await oss.deleteMulti([at + 'l/a', at + 'l/b/1', at + 'l/none'])
    assert.equal(gone.deleted.length, 3)
    await oss.delete(at + 'l/c')
    assert.equal((await oss.list({ prefix: at + 'l/' })).objects.length, 1)
  })

  test(`${way}: multipart and append`, async () => {
    const body = Buffer.alloc(1200000, 'xyz')
    await oss.multipartUpload(at + 'm', body, { partSize: 500 * 1024 })
    assert.ok((await oss.get(at + 'm')).content.equals(body))
    assert.equal((await oss.head(at + 'm')).res.headers['x-oss-object-type'], 'Multipart')
    const begun = await oss.initMultipartUpload(at + 'aborted')
    await oss.uploadPart(at + 'aborted', begun.uploadId, 1, Readable.from([body.subarray(0, 9)]), 0, 9).catch(() => {})
    assert.equal((await oss.listParts(at + 'aborted', begun.uploadId)).bucket, 'photos')
    await oss.abortMultipartUpload(at + 'aborted', begun.uploadId)
    const first = await oss.append(at + 'log', Buffer.from('one '))
    await oss.append(at + 'log', Buffer.from('two'), { position: first.nextAppendPosition })
    assert.equal((await oss.get(at + 'log')).content.toString(), 'one two')
    await assert.rejects(oss.append(at + 'log', Buffer.from('x'), { position: '3' }), { code: 'PositionNotEqualToLength' })
  })

  test(`${way}: tagging`, async () => {
    await oss.put(at + 't', Buffer.from('x'))
    await oss.putObjectTagging(at + 't', { a: 'b' })
    assert.deepEqual((await oss.getObjectTagging(at + 't')).tag, { a: 'b' })
    await oss.deleteObjectTagging(at + 't')
    assert.deepEqual((await oss.getObjectTagging(at + 't')).tag, {})
  })
}

test('presigned URLs of both versions', async () => {
  const oss = client(ways['V1, localhost'])
  const v4 = client(ways['V4, localhost'])
  for (const sign of [(m) => oss.signatureUrl('u é', { method: m }), (m) => v4.signatureUrlV4(m, 60, undefined, 'u é')]) {
    const put = await fetch(await sign('PUT'), { method: 'PUT', body: Buffer.from('by url') })
    assert.equal(put.status, 200, await put.text())
    const got = await fetch(await sign('GET'))
    assert.equal(await got.text(), 'by url')
    const tampered = await fetch((await sign('GET')).replace('u%20', 'v%20'))
    assert.equal(tampered.status, 403)
    await tampered.text()
  }
})

test('forms of both versions', async () => {
  const oss = client(ways['V1, localhost'])
  const now = new Date()
  const basic = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${KEY_ID}/${basic.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`
  const policy = {
    expiration: new Date(Date.now() + 60000).toISOString(),
    conditions: [{ bucket: 'photos' }, ['starts-with', '$key', 'form/']]
  }
  const v4 = {
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': scope,
    'x-oss-date': basic,
    'x-oss-signature': oss.signPostObjectPolicyV4(policy, now)
  }
  for (const [name, fields] of Object.entries({ v1: oss.calculatePostSignature(policy), v4 })) {
    const send = (key, more = {}) => {
      const form = new FormData()
      for (const [field, value] of Object.entries({ key, ...fields, ...more })) form.append(field, value)
      form.append('file', new Blob(['by form'], { type: 'text/x' }), 'ü.txt')
      return fetch(`http://localhost:${port}/photos/`, { method: 'POST', body: form })
    }
    const put = await send(`form/${name}/\${filename}`)
    assert.equal(put.status, 204, await put.text())
    const got = await oss.get(`form/${name}/ü.txt`)
    assert.equal(got.content.toString(), 'by form')
    assert.equal(got.res.headers['content-type'], 'text/x')
    const elsewhere = await send(`other/${name}`)
    assert.match(await elsewhere.text(), /<Code>AccessDenied</)
    const changed = await send(`form/${name}`, { policy: fields.policy.slice(0, -4) + 'AAAA' })
    assert.match(await changed.text(), /<Code>SignatureDoesNotMatch</)
  }
})

test('callbacks and image processing are refused', async () => {
  const oss = client(ways['V1, localhost'])
  await oss.put('plain', Buffer.from('x'))
  const callback = { url: 'http://127.0.0.1:1/', body: 'object=${object}' }
  await assert.rejects(oss.put('called', Buffer.from('x'), { callback }), { code: 'NotImplemented' })
  await assert.rejects(oss.get('called'), { code: 'NoSuchKey' })
  await assert.rejects(oss.get('plain', { process: 'image/resize,w_10' }), { code: 'NotImplemented' })
})
