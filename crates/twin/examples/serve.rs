//! Serves a scenario: `cargo run -p reeve-twin --example serve -- 4599 [small|demo|FILE|number of resources]`.

use std::{error::Error, io::Write};

use reeve_time::Clock;
use reeve_twin::{Scenario, Twin, seed};
use tokio::net::TcpListener;

const SEED: u64 = 1;
const ACCOUNTS: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().map_or(Ok(4599), |port| port.parse())?;
    let twin = Twin::new(Clock::system(), SEED);
    let named = arguments.next().unwrap_or_else(|| "small".to_owned());
    let estate = match (Scenario::named(&named), named.parse()) {
        (Some(scenario), _) => scenario.begin(&twin)?,
        (None, Ok(resources)) => seed::bulk(&twin, ACCOUNTS, resources),
        (None, Err(_)) => {
            let text = std::fs::read_to_string(&named)?;
            Scenario::parse(&named, &text).map_err(|wrong| wrong.to_string())?.begin(&twin)?
        }
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
