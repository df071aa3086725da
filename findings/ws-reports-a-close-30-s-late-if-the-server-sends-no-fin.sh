#!/usr/bin/env bash
# After a complete closing handshake (Close received, Close sent) the close event of npm's ws does not come while the
# server leaves its side of the TCP connection open: it comes 30 s later. undici, whose code is also Node's built-in
# WebSocket, had no close event after 40 s, when the test ended. Both know the code and the reason all that time.
#
# Versions: ws 8.23.0, undici 7.30.2 (npm) on Node 20.20.2.
#
# Why it matters: the protocol wants the server to close TCP first. A server or proxy that waits for the client
# instead, for example to spare itself the TIME_WAIT, waits for a client that waits for it. A drain that sends Close
# 1012 then looks hung: clients reconnect half a minute late or later. Whoever sends the Close must also send FIN as
# soon as the answer is there.
#
# Seen on 2026-12-01:
#   ws 8.23.0, undici 7.30.2
#   server sends FIN after the Close:    ws: close event 1012 at once, undici: close event 1012 at once
#   server leaves the connection open:   ws: close event 1012 after 30 s, undici: no close event in 40 s
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts --cache "$dir/cache" --prefix "$dir" \
  ws@8.23.0 undici@7.30.2 || exit 2

cd "$dir"
timeout 70 node - <<'JS'
const crypto = require('node:crypto');
const net = require('node:net');
const {WebSocket: Ws} = require('ws');
const {WebSocket: Undici} = require('undici');

// A server that takes the handshake, sends Close 1012, waits for the answer and then sends FIN, or does not.
function serve(fin) {
  const server = net.createServer({allowHalfOpen: true}, socket => {
    let received = Buffer.alloc(0);
    let open = false;
    socket.on('error', () => {});
    socket.on('data', piece => {
      received = Buffer.concat([received, piece]);
      if (!open && received.includes('\r\n\r\n')) {
        open = true;
        const key = /sec-websocket-key: *(\S+)/i.exec(received.toString('latin1'))[1];
        const accept = crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
        received = Buffer.alloc(0);
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
                     `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
        socket.write(Buffer.from([0x88, 2, 0x03, 0xf4]));
      } else if (open && received.length >= 8 && received[0] === 0x88 && fin) {
        socket.end();
      }
    });
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

// Resolves to the seconds until the close event with code 1012, or to undefined after 40 s.
function secondsToClose(WebSocket, port) {
  return new Promise(resolve => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    let start = Date.now();
    const limit = setTimeout(() => resolve(undefined), 40000);
    client.onerror = () => {};
    client.onopen = () => { start = Date.now(); };
    client.onclose = event => {
      clearTimeout(limit);
      resolve(event.code === 1012 ? (Date.now() - start) / 1000 : undefined);
    };
  });
}

function words(seconds) {
  if (seconds === undefined) return 'no close event in 40 s';
  return seconds < 2 ? 'close event 1012 at once' : `close event 1012 after ${Math.round(seconds)} s`;
}

async function main() {
  const closing = await serve(true);
  const leaving = await serve(false);
  const [a, b, c, d] = await Promise.all([secondsToClose(Ws, closing), secondsToClose(Undici, closing),
                                          secondsToClose(Ws, leaving), secondsToClose(Undici, leaving)]);
  console.log('ws', require('ws/package.json').version + ', undici', require('undici/package.json').version);
  console.log('server sends FIN after the Close:    ws:', words(a) + ', undici:', words(b));
  console.log('server leaves the connection open:   ws:', words(c) + ', undici:', words(d));
  process.exit(a < 2 && b < 2 && c > 25 && c < 35 && d === undefined ? 0 : 1);
}

main();
JS
