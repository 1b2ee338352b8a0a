//! `reeve twin`: a simulated AWS for tests and rehearsals.

use std::net::SocketAddr;

use anyhow::Result;
use reeve_time::Clock;
use reeve_twin::{Twin, seed};
use tokio::net::TcpListener;

use super::{Globals, serve::until_stopped};
use crate::{
    exit::{Status, cannot_listen},
    output::say,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// Instead of the demo's estate, simulate so many resources.
    #[arg(long, value_name = "NUMBER")]
    resources: Option<usize>,
    /// Makes ids and keys repeatable.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let twin = Twin::new(Clock::system(), arguments.seed);
    let estate = match arguments.resources {
        None => seed::small(&twin),
        Some(resources) => seed::bulk(&twin, 3, resources),
    };
    let listen = arguments.listen;
    let listener =
        TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let address = listener.local_addr()?;
    globals.output().show(
        &serde_json::json!({
            "endpoint_url": format!("http://{address}"),
            "access_key_id": estate.access_key_id,
            "secret_access_key": estate.secret_access_key,
        }),
        |_| {
            format!(
                "export AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID={} \
                 AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=us-east-1\n",
                estate.access_key_id, estate.secret_access_key
            )
        },
    )?;
    say(&format!("a simulated AWS is at http://{address}; stop with ctrl-c"));
    twin.serve(listener, until_stopped()).await?;
    Ok(Status::Done)
}
