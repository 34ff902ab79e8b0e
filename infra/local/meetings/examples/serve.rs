//! Serves the meetings alone, for trying a client by hand:
//! `cargo run -p meetings --example serve -- PORT DIR [WEB]`.
//!
//! `/meetings` is the API, `/control` the signalling, everything else a file of the folder WEB. Events are printed.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

struct Print;

impl meetings::EventSink for Print {
    fn emit(&self, event: serde_json::Value) {
        println!("{}", event["detail"]);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().ok_or("PORT is missing")?.parse()?;
    let dir = PathBuf::from(args.next().ok_or("DIR is missing")?);
    let web = args.next().map(PathBuf::from);
    let config = meetings::Config {
        dir,
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        media_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        signaling_base: format!("ws://127.0.0.1:{port}"),
    };
    let meetings = meetings::Meetings::open(config, Arc::new(Print))?;
    let files = move |uri: http::Uri| {
        let path = web
            .as_ref()
            .map(|web| web.join(uri.path().trim_start_matches('/')));
        async move {
            let path =
                path.filter(|p| !p.components().any(|c| c == std::path::Component::ParentDir));
            let bytes = path
                .and_then(|p| std::fs::read(p).ok())
                .ok_or(http::StatusCode::NOT_FOUND)?;
            let kind = match uri.path().rsplit_once('.') {
                Some((_, "js")) => "text/javascript",
                Some((_, "html")) => "text/html",
                Some(_) | None => "application/octet-stream",
            };
            Ok::<_, http::StatusCode>(([(http::header::CONTENT_TYPE, kind)], bytes))
        }
    };
    let router = meetings
        .api_router()
        .merge(meetings.signalling_router())
        .fallback(files);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!(
        "http://{} media {}",
        listener.local_addr()?,
        meetings.media_addr()
    );
    axum::serve(listener, router).await?;
    Ok(())
}
