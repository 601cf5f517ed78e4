// npm ali-oss inside a function: nothing is configured but what the platform gives it.
const OSS = require('ali-oss')

const client = ({ accessKeyId, accessKeySecret, securityToken }, bucket, options) =>
  new OSS({
    endpoint: process.env.OSS_ENDPOINT,
    region: 'oss-' + process.env.OSS_REGION,
    accessKeyId,
    accessKeySecret,
    stsToken: securityToken,
    bucket,
    ...options
  })

// Of an oss trigger: what came under in/ goes to out/, in capitals.
const copyUp = async (events, credentials) => {
  for (const { oss } of events) {
    const store = client(credentials, oss.bucket.name)
    const { content } = await store.get(oss.object.key)
    await store.put(oss.object.key.replace(/^in\//, 'out/'), Buffer.from(content.toString().toUpperCase()))
  }
}

// Of a call: {"bucket", "v4", "key"}: put, get, list, and what it may not, all by the public SDK. (It signs no URL where
// the endpoint is an address.)
const tour = async ({ bucket, v4, key }, credentials) => {
  const store = client(credentials, bucket, { authorizationV4: v4 })
  await store.put(key, Buffer.from('from inside'), { meta: { by: 'me' } })
  const { meta } = await store.head(key)
  const listed = await store.listV2({ prefix: key })
  const { content } = await store.get(key)
  const refused = []
  for (const act of [
    () => store.putBucket('of-a-function'),
    () => store.putBucketACL(bucket, 'public-read'),
    () => store.putACL(key, 'public-read'),
    () => store.deleteBucket(bucket),
    () => store.deleteBucketCORS(bucket)
  ])
    refused.push(await act().then(() => 'done', (error) => error.code))
  return { by: meta.by, names: listed.objects.map((o) => o.name), content: content.toString(), refused }
}

exports.handler = (event, context, callback) => {
  const wanted = JSON.parse(event)
  const work = wanted.events ? copyUp(wanted.events, context.credentials) : tour(wanted, context.credentials)
  work.then((answer) => callback(null, JSON.stringify(answer ?? 'done')), callback)
}
