// A chat on Node's ws: chat.js PORT plain|tuned.
//
// plain: as one writes it, a send for each recipient. tuned: a turn's broadcasts are framed once and leave in one write
// to the raw socket of everyone who sent nothing meanwhile; senders get theirs around their echoes, corked.
'use strict';

const crypto = require('node:crypto');
const { Sender, WebSocketServer } = require('ws');

const [port, how] = process.argv.slice(2);
if (!['plain', 'tuned'].includes(how)) throw new Error('usage: chat.js PORT plain|tuned');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), path: '/websocket', backlog: 4096 });
const clients = new Set();

function sayPlainly(sender, text) {
  const from = sender.id;
  sender.send(JSON.stringify({ type: 'echo', from, message: text }));
  const broadcast = JSON.stringify({ type: 'broadcast', from, message: text });
  for (const client of clients) {
    if (client !== sender && client.readyState === client.OPEN) client.send(broadcast);
  }
}

function frame(value) {
  const data = Buffer.from(JSON.stringify(value));
  return Buffer.concat(Sender.frame(data, { fin: true, opcode: 1, mask: false, readOnly: true, rsv1: false }));
}

// What was said since the last delivery.
let said = [];

function sayTuned(sender, text) {
  const from = sender.id;
  said.push({
    sender,
    echo: frame({ type: 'echo', from, message: text }),
    broadcast: frame({ type: 'broadcast', from, message: text }),
  });
  if (said.length === 1) setImmediate(deliver);
}

function deliver() {
  const turn = said;
  said = [];
  const senders = new Set(turn.map((one) => one.sender));
  const all = turn.length === 1 ? turn[0].broadcast : Buffer.concat(turn.map((one) => one.broadcast));
  for (const client of clients) {
    const socket = client._socket;
    if (client.readyState !== client.OPEN) continue;
    if (!senders.has(client)) {
      socket.write(all);
      continue;
    }
    socket.cork();
    for (const one of turn) socket.write(one.sender === client ? one.echo : one.broadcast);
    socket.uncork();
  }
}

const say = how === 'plain' ? sayPlainly : sayTuned;

server.on('connection', (client) => {
  client.id = crypto.randomUUID();
  clients.add(client);
  client.send(JSON.stringify({ type: 'welcome', id: client.id, clientCount: clients.size }));
  client.on('message', (data) => say(client, data.toString()));
  client.on('close', () => clients.delete(client));
  client.on('error', () => client.terminate());
});
