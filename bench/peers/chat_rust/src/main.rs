//! A chat on tokio-tungstenite: chat_rust ADDRESS WORKERS. A broadcast's text is made once and shared; a client's frames
//! of one turn leave in one flush; a client's read buffer is 4 KiB instead of 128.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::WebSocketStream;
use uuid::Uuid;

type Clients = Arc<Mutex<HashMap<Uuid, UnboundedSender<Utf8Bytes>>>>;

fn said(kind: &str, from: Uuid, message_json: &str) -> Utf8Bytes {
    format!(r#"{{"type":"{kind}","from":"{from}","message":{message_json}}}"#).into()
}

fn publish(clients: &Clients, from: Uuid, text: &str) {
    let message_json = serde_json::to_string(text).expect("a string is JSON");
    let broadcast = said("broadcast", from, &message_json);
    for (id, queue) in clients.lock().unwrap().iter() {
        let text = if *id == from { said("echo", from, &message_json) } else { broadcast.clone() };
        // Fails only for one that is just leaving.
        let _ = queue.send(text);
    }
}

async fn write(
    mut sink: futures_util::stream::SplitSink<WebSocketStream<TcpStream>, Message>,
    mut queue: UnboundedReceiver<Utf8Bytes>,
) {
    let mut texts = Vec::new();
    while queue.recv_many(&mut texts, 1024).await > 0 {
        for text in texts.drain(..) {
            if sink.feed(Message::Text(text)).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}

async fn serve(stream: TcpStream, clients: Clients) {
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let Ok(socket) = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await else { return };
    let (sink, mut messages) = socket.split();
    let (queue, waiting) = unbounded_channel();
    let id = Uuid::new_v4();
    {
        let mut all = clients.lock().unwrap();
        all.insert(id, queue.clone());
        let welcome = format!(r#"{{"type":"welcome","id":"{id}","clientCount":{}}}"#, all.len());
        let _ = queue.send(welcome.into());
    }
    drop(queue);
    tokio::spawn(write(sink, waiting));
    while let Some(Ok(message)) = messages.next().await {
        if let Ok(text) = message.to_text() {
            if message.is_text() {
                publish(&clients, id, text);
            }
        }
    }
    clients.lock().unwrap().remove(&id);
}

async fn accept(address: String) {
    let listener = TcpListener::bind(address).await.expect("the address is free");
    let clients = Clients::default();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, clients.clone()));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, workers] = &arguments[..] else { panic!("usage: chat_rust ADDRESS WORKERS") };
    let runtime = match workers.parse().expect("a number of workers") {
        1 => tokio::runtime::Builder::new_current_thread().enable_io().build(),
        several => tokio::runtime::Builder::new_multi_thread().worker_threads(several).enable_io().build(),
    };
    runtime.expect("a runtime").block_on(accept(address.clone()));
}
