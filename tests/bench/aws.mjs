// Calls to the platform's AWS address, as an operator's scripts make them.

/** An operation of DynamoDB. */
export async function dynamo(platform, action, input) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${action}` };
  // The platform looks at the scope only.
  headers.authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';
  return answered(action, await fetch(platform.ready.aws.dynamodb, { method: 'POST', headers, body: JSON.stringify(input) }));
}

/** An operation of Chime SDK Voice. */
export async function voice(platform, method, path, input) {
  const request = { method, headers: { 'content-type': 'application/json' }, body: input && JSON.stringify(input) };
  return answered(path, await fetch(`${platform.ready.aws.chime_sdk_voice}${path}`, request));
}

async function answered(what, answer) {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${text.slice(0, 300)}`);
  return text ? JSON.parse(text) : {};
}
