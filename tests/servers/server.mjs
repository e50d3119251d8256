// A WebSocket server built on npm's `ws`, for the end-to-end tests. It shares no code with the connector. Its one
// argument is a JSON object, the same that server.py takes; what it means is documented in tests/src/server.rs. What
// happens is printed as JSON, one object per line.

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';

// The library is in the cache of scripts/test-tools, not beside this file.
const require = createRequire(path.join(process.env.NODE_LIBRARIES, 'package.json'));
const { WebSocketServer } = require('ws');

const script = JSON.parse(process.argv[2]);
const last = script.count === null ? Infinity : script.start + script.count;
let sequence = script.start;
let attempts = 0;
// When the feed was left alone; no number passes before the first connection.
let left = null;

const tell = (event, fields = {}) => fs.writeSync(1, `${JSON.stringify({ event, ...fields })}\n`);

const secure = script.certificate && {
  cert: fs.readFileSync(script.certificate),
  key: fs.readFileSync(script.key),
};
const server = secure ? https.createServer(secure) : http.createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });

// Answers an upgrade request as the script says for this attempt.
server.on('upgrade', (request, socket, head) => {
  attempts += 1;
  tell('attempt', { number: attempts, path: request.url, headers: request.headers });
  socket.on('error', () => {});
  if (attempts <= script.stalled_attempts) return;
  const refusal = script.refusals[attempts - 1 - script.stalled_attempts];
  if (refusal) {
    const headers = { ...refusal.headers, 'Content-Length': Buffer.byteLength(refusal.body), Connection: 'close' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${refusal.status} ${refusal.reason}\r\n${lines.join('')}\r\n${refusal.body}`);
    return;
  }
  const number = attempts;
  sockets.handleUpgrade(request, socket, head, (websocket) => serve(websocket, number));
});

// The numbers that a live feed has had while nobody listened.
function skip() {
  if (script.live && left !== null) sequence += Math.floor(((performance.now() - left) / 1000) * script.rate);
  left = null;
}

// Waits for the subscription, then sends.
function serve(websocket, number) {
  websocket.on('error', () => {});
  websocket.on('close', (code, reason) => {
    left = performance.now();
    tell('closed', { number, code, reason: reason.toString(), sequence });
  });
  if (!script.wait_for_subscription) {
    sendAll(websocket);
    return;
  }
  websocket.once('message', (data) => {
    skip();
    tell('subscription', { number, text: data.toString(), sequence });
    sendAll(websocket);
  });
}

const written = (websocket, data, options) =>
  new Promise((resolve, reject) => {
    websocket.send(data, options, (error) => (error ? reject(error) : resolve()));
  });

// Sends one message; the promise is kept until the socket has taken its last piece.
function send(websocket, number, text) {
  if (script.kind === 'mixed' && number % 2 === 1) {
    return written(websocket, Buffer.from(`\xff\xfe${number}`, 'latin1'), { binary: true });
  }
  if (script.kind === 'binary') return written(websocket, Buffer.from(text), { binary: true });
  if (script.kind !== 'fragmented') return written(websocket, text, {});
  const third = Math.floor(text.length / 3);
  written(websocket, text.slice(0, third), { fin: false }).catch(() => {});
  written(websocket, text.slice(third, 2 * third), { fin: false }).catch(() => {});
  return written(websocket, text.slice(2 * third), { fin: true });
}

async function sendAll(websocket) {
  const started = performance.now();
  let sent = 0;
  while (sequence < last) {
    if (websocket.readyState !== 1) return;
    const number = sequence;
    const paddingBytes = number === script.large ? script.large_bytes : script.padding_bytes;
    const wanted = script.wanted_every && number % script.wanted_every === 0 ? { seq: number } : undefined;
    const text = JSON.stringify({ seq: number, pad: 'x'.repeat(paddingBytes), wanted });
    sequence += 1;
    sent += 1;
    try {
      await send(websocket, number, text);
    } catch {
      return;
    }
    if (sent === script.close_after) {
      tell('closing', { sequence });
      websocket.close(script.close_code, script.close_reason);
      return;
    }
    const ahead = script.rate ? (sent / script.rate) * 1000 - (performance.now() - started) : 0;
    if (ahead > 0 || sent % 100 === 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  tell('sent', { sequence });
}

server.listen(script.port, '127.0.0.1', () => tell('listening'));
