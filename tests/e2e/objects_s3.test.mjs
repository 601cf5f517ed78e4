// npm @aws-sdk/client-s3, lib-storage and s3-request-presigner, unmodified, against the object store.
import { before, test } from 'node:test'
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import * as S3 from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const { OBJECTS, KEY_ID, KEY_SECRET } = process.env
const Bucket = 'from-js'
const s3 = new S3.S3Client({
  endpoint: OBJECTS,
  forcePathStyle: true,
  region: 'us-east-1',
  credentials: { accessKeyId: KEY_ID, secretAccessKey: KEY_SECRET }
})
const send = (name, input) => s3.send(new S3[name + 'Command']({ Bucket, ...input }))
const text = async (answer) => Buffer.from(await answer.Body.transformToByteArray()).toString()

before(() => send('CreateBucket'))

test('put and get, as string and as a stream in signed and unsigned chunks', async () => {
  await send('PutObject', { Key: 'a é', Body: 'text', Metadata: { k: 'v' } })
  const got = await send('GetObject', { Key: 'a é' })
  assert.equal(await text(got), 'text')
  assert.deepEqual(got.Metadata, { k: 'v' })
  const body = Buffer.alloc(307200, 'a')
  await send('PutObject', { Key: 's', Body: Readable.from([body.subarray(0, 5), body.subarray(5)]), ContentLength: body.length })
  const streamed = await send('GetObject', { Key: 's', ChecksumMode: 'ENABLED' })
  assert.ok(streamed.ChecksumCRC32)
  assert.equal(streamed.ContentEncoding, undefined)
  assert.equal(await text(streamed), body.toString())
  assert.equal(await text(await send('GetObject', { Key: 's', Range: 'bytes=0-2' })), 'aaa')
})

test('what is not there, and what may not be overwritten', async () => {
  await assert.rejects(send('GetObject', { Key: 'nope' }), { name: 'NoSuchKey' })
  await assert.rejects(send('HeadObject', { Key: 'nope' }), { name: 'NotFound' })
  await send('PutObject', { Key: 'once', Body: '1', IfNoneMatch: '*' })
  await assert.rejects(send('PutObject', { Key: 'once', Body: '2', IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
  assert.equal(await text(await send('GetObject', { Key: 'once' })), '1')
})

test('listing, copying, deleting', async () => {
  for (const Key of ['l/a', 'l/b/1', 'l/b/2']) await send('PutObject', { Key, Body: 'x' })
  const v2 = await send('ListObjectsV2', { Prefix: 'l/', Delimiter: '/' })
  assert.deepEqual([v2.Contents.map((o) => o.Key), v2.CommonPrefixes.map((p) => p.Prefix)], [['l/a'], ['l/b/']])
  assert.equal((await send('ListObjects', { Prefix: 'l/' })).Contents.length, 3)
  await send('CopyObject', { Key: 'copy', CopySource: `${Bucket}/l%2Fa` })
  assert.equal(await text(await send('GetObject', { Key: 'copy' })), 'x')
  const gone = await send('DeleteObjects', { Delete: { Objects: [{ Key: 'copy' }, { Key: 'l/a' }] } })
  assert.equal(gone.Deleted.length, 2)
  await send('DeleteObject', { Key: 'l/b/1' })
  assert.equal((await send('ListObjectsV2', { Prefix: 'l/' })).KeyCount, 1)
})

test('lib-storage in parts', async () => {
  const body = Buffer.alloc(12_000_000, 'parts ')
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'big', Body: Readable.from([body]) }, partSize: 5 << 20 })
  await upload.done()
  const got = await send('GetObject', { Key: 'big' })
  assert.ok(got.ETag.endsWith('-3"'), got.ETag)
  assert.ok(Buffer.from(await got.Body.transformToByteArray()).equals(body))
})

test('presigned', async () => {
  const put = await getSignedUrl(s3, new S3.PutObjectCommand({ Bucket, Key: 'by url' }), { expiresIn: 60 })
  const done = await fetch(put, { method: 'PUT', body: 'by url' })
  assert.equal(done.status, 200, await done.text())
  const get = await getSignedUrl(s3, new S3.GetObjectCommand({ Bucket, Key: 'by url' }), { expiresIn: 60 })
  assert.equal(await (await fetch(get)).text(), 'by url')
  assert.equal((await fetch(get.replace('by%20url', 'other'))).status, 403)
})

test('buckets', async () => {
  assert.ok((await s3.send(new S3.ListBucketsCommand({}))).Buckets.some((b) => b.Name === Bucket))
  await send('HeadBucket')
  await send('GetBucketLocation')
  await assert.rejects(send('DeleteBucket'), { name: 'BucketNotEmpty' })
})
