//! The desk by itself: `cargo run -p carrier --example number-desk -- FOLDER [PORT] [TIME_SCALE] [WEBHOOK_URL]`. The key is
//! `practice`. Prints its address and the public key of its notices.

use carrier::{Carrier, Config, Faults, NoRoutes};
use std::path::PathBuf;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let port: u16 = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let time_scale: u32 = arguments.next().map_or(Ok(3600), |text| text.parse())?;
    let webhook_url = arguments.next();
    let faults = if std::env::var_os("CARRIER_RELIABLE").is_some() {
        Faults::NONE
    } else {
        Faults::NOW_AND_THEN
    };
    let config = Config {
        time_scale,
        webhook_url,
        faults,
        ..Config::new(dir, "practice".to_owned())
    };
    let carrier = Carrier::open(config, Arc::new(NoRoutes)).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?);
    println!("{}", carrier.public_key());
    axum::serve(listener, carrier.router())
        .with_graceful_shutdown(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    carrier.shutdown().await;
    Ok(())
}
