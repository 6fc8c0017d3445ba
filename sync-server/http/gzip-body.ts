import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/**
 * Accepts bodies with `Content-Encoding: gzip` (RFC 9110, section 8.4). The route's body limit counts the bytes after
 * decompression, so a small body that unfolds into a huge one is cut off at the limit.
 */
export function acceptGzipBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding']?.toLowerCase();
    if (encoding === undefined || encoding === 'identity') return payload;
    if (encoding !== 'gzip') {
      throw Object.assign(new Error(`content encoding ${encoding} is not taken, send gzip`), {
        statusCode: 415,
      });
    }
    // fastify compares receivedEncodedLength with the Content-Length header.
    const gunzip = Object.assign(createGunzip(), { receivedEncodedLength: 0 });
    payload.on('data', (chunk: Buffer) => {
      gunzip.receivedEncodedLength += chunk.length;
    });
    gunzip.on('error', (error) => Object.assign(error, { statusCode: 400 }));
    // A broken stream is told to fastify by gunzip's own error event.
    pipeline(payload, gunzip, () => undefined);
    return gunzip;
  });
}
