//! Serves the demonstration estate, or with a second argument that many simulated resources:
//! `cargo run -p reeve-twin --example serve -- 4599 [resources]`.

use std::{error::Error, io::Write};

use reeve_time::Clock;
use reeve_twin::{Twin, seed};
use tokio::net::TcpListener;

const SEED: u64 = 1;
const ACCOUNTS: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().map_or(Ok(4599), |port| port.parse())?;
    let twin = Twin::new(Clock::system(), SEED);
    let estate = match arguments.next() {
        Some(resources) => seed::bulk(&twin, ACCOUNTS, resources.parse()?),
        None => seed::small(&twin),
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut output = std::io::stdout();
    writeln!(output, "AWS_ENDPOINT_URL=http://{}", listener.local_addr()?)?;
    writeln!(output, "AWS_ACCESS_KEY_ID={}", estate.access_key_id)?;
    writeln!(output, "AWS_SECRET_ACCESS_KEY={}", estate.secret_access_key)?;
    output.flush()?;
    twin.serve(listener, std::future::pending()).await?;
    Ok(())
}
