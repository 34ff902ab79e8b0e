//! A bare HTTP/1.1 client of AWS JSON 1.0, so that little of the time is its own.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Failure;

/// Largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1_048_576;
/// Peers find the service by the scope; nobody checks the signature.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/states/aws4_request, \
    SignedHeaders=host, Signature=0";

/// One connection; opened again when the server closes it.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// A request, written out once and sent often.
#[derive(Debug, Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A call of an operation of Step Functions.
    pub(crate) fn new(operation: &str, body: &Value) -> Self {
        Self::to("AWSStepFunctions", operation, body)
    }

    /// A call of an operation of a service that speaks AWS JSON.
    pub(crate) fn to(service: &str, operation: &str, body: &Value) -> Self {
        let scope = if service == "AmazonSQS" {
            "sqs"
        } else {
            "states"
        };
        let authorization = AUTHORIZATION.replace("/states/", &format!("/{scope}/"));
        let body = body.to_string();
        let text = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {service}.{operation}\r\n\
             content-type: application/x-amz-json-1.0\r\nauthorization: {authorization}\r\n\
             x-amz-date: 20260101T000000Z\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self(text.into_bytes())
    }
}

/// What is known of an answer from its head.
struct Head {
    ok: bool,
    /// Bytes of the head, with the empty line.
    len: usize,
    /// Bytes of the body; `None` if it comes in chunks.
    body: Option<usize>,
    closes: bool,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            buffer: Vec::with_capacity(4_096),
        }
    }

    /// Calls and reads the answer; the error is the server's, or that it could not be asked.
    pub(crate) async fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Failure> {
        self.send(&Request::new(operation, body)).await
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Value, Failure> {
        let answer = self.exchange(request).await;
        if answer.is_err() {
            self.stream = None;
        }
        let (ok, body) = answer?;
        if !ok {
            return Err(String::from_utf8_lossy(&body).into_owned().into());
        }
        Ok(serde_json::from_slice(&body)?)
    }

    async fn exchange(&mut self, request: &Request) -> Result<(bool, Vec<u8>), Failure> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().ok_or("no connection")?;
        stream.write_all(&request.0).await?;
        self.buffer.clear();
        loop {
            let read = stream.read_buf(&mut self.buffer).await?;
            if self.buffer.len() > MAX_ANSWER_BYTES {
                return Err("the answer is too large".into());
            }
            let Some(head) = head(&self.buffer)? else {
                if read == 0 {
                    return Err("the connection closed".into());
                }
                continue;
            };
            let rest = &self.buffer[head.len..];
            let body = match head.body {
                Some(len) => (rest.len() >= len).then(|| rest[..len].to_vec()),
                None => unchunked(rest)?,
            };
            if let Some(body) = body {
                if head.closes {
                    self.stream = None;
                }
                return Ok((head.ok, body));
            }
            if read == 0 {
                return Err("the connection closed inside an answer".into());
            }
        }
    }
}

fn head(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let chunked = field("transfer-encoding:").is_some_and(|v| v.trim() == "chunked");
    let body = match field("content-length:") {
        Some(length) => Some(length.trim().parse()?),
        None if chunked => None,
        None => Some(0),
    };
    let closes =
        field("connection:").is_some_and(|v| v.trim() == "close") || text.starts_with("http/1.0");
    Ok(Some(Head {
        ok: text.split(' ').nth(1) == Some("200"),
        len: end + 4,
        body,
        closes,
    }))
}

/// The body out of its chunks; `None` if some are missing.
fn unchunked(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let mut body = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|w| w == b"\r\n") else {
            return Ok(None);
        };
        let line = std::str::from_utf8(&bytes[..end])?;
        let len = usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16)?;
        let Some(chunk) = bytes.get(end + 2..end + 4 + len) else {
            return Ok(None);
        };
        if len == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(&chunk[..len]);
        bytes = &bytes[end + 4 + len..];
    }
}
