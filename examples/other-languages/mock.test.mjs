// The mock from Node, with nothing but what Node has: node --test mock.test.mjs
import assert from 'node:assert/strict';
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

const mock = process.env.MOCK_URL ?? 'http://127.0.0.1:8080';
const secret = 'node-secret';
// A credential that starts with test_ has a server of its own.
const headers = { Authorization: `Bearer test_${randomUUID()}`, 'Content-Type': 'application/json' };

const events = [];
const receiver = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  events.push({ raw: Buffer.concat(chunks), signature: request.headers['x-maia-signature'] });
  response.end();
});

async function call(method, path, body) {
  const response = await fetch(mock + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const send = (content) => call('POST', '/messages', { content, fromChannelIdentifier: 'support', sessionId: 'order-1042' });

before(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${receiver.address().port}/webhook`;
  assert.equal((await call('POST', '/_mock/webhook', { url, secret })).status, 200);
});

after(async () => {
  await call('POST', '/_mock/reset');
  receiver.close();
});

test('the answer comes as a signed webhook', async () => {
  const sent = await send('Where is my order?');
  assert.equal(sent.status, 202);
  assert.equal((await call('GET', '/_mock/wait?deliveries=1&idle=true')).status, 200);

  const [event] = events;
  const expected = createHmac('sha256', secret).update(event.raw).digest(); // over the bytes, before anything parses them
  assert.ok(timingSafeEqual(Buffer.from(event.signature, 'hex'), expected));
  assert.equal(JSON.parse(event.raw).response, 'You said: Where is my order?');
});

test('a call that fails leaves no message', async () => {
  await call('POST', '/_mock/faults', { op: 'Messages.Send', kind: 'Refuse', status: 503, times: 1 });
  assert.equal((await send('Hello?')).status, 503);

  const journal = await call('GET', '/_mock/requests?op=Messages.Send');
  assert.deepEqual(journal.body.items.map((r) => r.status), [202, 503]);
  assert.equal(journal.body.items[1].fault.kind, 'Refuse');
  const sessions = await call('GET', '/_mock/sessions?sessionId=order-1042');
  assert.deepEqual(sessions.body.items[0].messages.map((m) => m.content), ['Where is my order?', 'You said: Where is my order?']);
});
