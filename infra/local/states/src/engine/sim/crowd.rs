//! Requests over TCP whose bodies come when the disk has fallen behind.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::super::Engine;
use super::hand::Driven;
use crate::api::Answer;

/// What the server sends once it reads the body of a request that waits for it.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// More answers than may wait for one write.
pub(super) const MANY: usize = 100_001;

fn served(world: &Driven, engine: &Engine) -> SocketAddr {
    let router = engine.router();
    world.runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    })
}

fn start(machine: &Value, name: &str, input: usize) -> Value {
    json!({ "stateMachineArn": machine, "name": name, "input": json!("x".repeat(input)).to_string() })
}

/// The disk stands still, and too much waits for it; an execution among it.
fn crowd(world: &Driven, engine: &Engine, machine: &Value) -> JoinHandle<Answer> {
    let first = world.begin(engine, "StartExecution", &start(machine, "first", 1));
    world.turn();
    for _ in 0..MANY {
        engine.inner.log.barrier(Box::new(|_| {}));
    }
    assert!(engine.inner.log.is_crowded());
    first
}

/// The head of a request to start an execution.
fn head(body: &str, expect: &str) -> String {
    let bytes = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-amz-target: AWSStepFunctions.StartExecution\r\n\
         content-length: {bytes}\r\n{expect}\r\n"
    )
}

/// Writes all of this, then reads the answer.
async fn answered(mut client: TcpStream, text: String) -> String {
    let written = client.write_all(text.as_bytes()).await;
    written.expect("the server reads it");
    let mut answer = String::new();
    let read = client.read_to_string(&mut answer).await;
    read.expect("an answer, not a reset");
    answer
}

fn all_throttled(world: &Driven, asked: Vec<(TcpStream, String)>) {
    world.runtime.block_on(async {
        let asked = asked
            .into_iter()
            .map(|(client, text)| tokio::spawn(answered(client, text)));
        for asked in asked.collect::<Vec<_>>() {
            let answer = asked.await.expect("no panic");
            assert!(answer.contains("ThrottlingException"), "{answer}");
        }
    });
}

#[test]
fn bodies_that_come_after_the_disk_fell_behind_are_not_taken() {
    let world = Driven::new();
    let engine = world.open();
    let wait = json!({ "Type": "Wait", "Seconds": 9, "End": true });
    let machine = world.machine(&engine, "m", &wait);
    let address = served(&world, &engine);
    let clients = world.runtime.block_on(async {
        let mut clients = Vec::new();
        for n in 0..100 {
            let body = start(&machine, &format!("e{n}"), 200_000).to_string();
            let head = head(&body, "expect: 100-continue\r\n");
            let mut client = TcpStream::connect(address).await.expect("connected");
            client.write_all(head.as_bytes()).await.expect("written");
            let mut told = [0; CONTINUE.len()];
            client
                .read_exact(&mut told)
                .await
                .expect("its body is read");
            assert_eq!(told, CONTINUE);
            clients.push((client, body));
        }
        clients
    });
    let first = crowd(&world, &engine, &machine);
    all_throttled(&world, clients);
    engine.inner.log.pump();
    world.end(&engine, first).expect("it was taken before");
    for n in 0..100 {
        let arn = format!("arn:aws:states:us-east-1:000000000000:execution:m:e{n}");
        let shard = engine.inner.shard_by_arn(&arn);
        assert!(shard.find(&arn).is_none(), "{arn} was begun");
    }
    world.start(&engine, &machine, "after");
}

#[test]
fn who_writes_a_large_request_while_the_disk_is_behind_reads_why_it_is_refused() {
    let world = Driven::new();
    let engine = world.open();
    let wait = json!({ "Type": "Wait", "Seconds": 9, "End": true });
    let machine = world.machine(&engine, "m", &wait);
    let address = served(&world, &engine);
    let first = crowd(&world, &engine, &machine);
    let clients = world.runtime.block_on(async {
        let mut clients = Vec::new();
        for n in 0..20 {
            let body = start(&machine, &format!("e{n}"), 1_048_000).to_string();
            let client = TcpStream::connect(address).await.expect("connected");
            clients.push((client, head(&body, "") + &body));
        }
        clients
    });
    all_throttled(&world, clients);
    world.end(&engine, first).expect("it was taken before");
    world.start(&engine, &machine, "after");
}
