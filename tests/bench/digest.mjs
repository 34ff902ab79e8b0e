// SIP digest credentials (RFC 3261 section 22, RFC 2617 with MD5).

import { createHash, randomBytes } from 'node:crypto';

const md5 = (text) => createHash('md5').update(text).digest('hex');

/** The parameters of a `WWW-Authenticate` header. */
export function challenge(header) {
  const found = header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  return Object.fromEntries([...found].map(([, name, quoted, plain]) => [name.toLowerCase(), quoted ?? plain]));
}

/** The `Authorization` header's value for one request. */
export function credentials({ realm, nonce, opaque, qop }, { username, password }, method, uri) {
  const [cnonce, nc] = [randomBytes(8).toString('hex'), '00000001'];
  const [one, two] = [md5(`${username}:${realm}:${password}`), md5(`${method}:${uri}`)];
  const protection = qop?.split(',').some((word) => word.trim() === 'auth');
  const response = md5(protection ? `${one}:${nonce}:${nc}:${cnonce}:auth:${two}` : `${one}:${nonce}:${two}`);
  const words = [`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`, `response="${response}"`, 'algorithm=MD5'];
  if (protection) words.push('qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`);
  if (opaque) words.push(`opaque="${opaque}"`);
  return `Digest ${words.join(', ')}`;
}
