//! Small calls through the whole client: endpoint, signature, retries, decoding, and everything between them.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use reeve_aws::{
    AccessKey, Client, ClientConfig, CredentialSource, EndpointOverrides, Secret, Target, Transport,
};
use reeve_model::{Value, WireResponse};
use reeve_time::{Clock, Stopwatch};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::aws::samples::{self, Sample};

/// How many calls are under way at once.
const CONCURRENCY: usize = 32;

/// How long calls are counted.
const DURATION: Duration = Duration::from_secs(3);

/// What small calls cost.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Cost {
    /// Calls a second, over a socket.
    pub(super) rate: f64,
    /// Seconds of processor time for each call of this process, in user space and in the kernel.
    pub(super) processor: f64,
    /// The same where a function in the process answers at once.
    pub(super) alone: f64,
}

/// Measures the small call of this number.
pub(super) async fn measure(endpoint: &str, number: usize) -> Result<Cost> {
    let (call, output) = samples::small_calls().into_iter().nth(number).context("no such call")?;
    let client = client(endpoint, None)?;
    repeat(&client, &call, Duration::from_millis(300)).await?;
    let before = processor_time()?;
    let (count, elapsed) = repeat(&client, &call, DURATION).await?;
    let over_socket = processor_time()? - before;

    let answer = samples::answer(call.service, call.operation, &output)?;
    let client = self::client(endpoint, Some(answer))?;
    repeat(&client, &call, Duration::from_millis(300)).await?;
    let before = processor_time()?;
    let (count_alone, _) = repeat(&client, &call, DURATION).await?;
    let alone = processor_time()? - before;
    Ok(Cost { rate: count / elapsed, processor: over_socket / count, alone: alone / count_alone })
}

/// A client as a user has it, except that keys and endpoint are given.
pub(super) fn client(endpoint: &str, answer: Option<WireResponse>) -> Result<Client> {
    let key = AccessKey {
        id: "AKIDEXAMPLE".to_owned(),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: None,
    };
    let config = ClientConfig {
        credentials: CredentialSource::Fixed(key),
        endpoints: EndpointOverrides::everywhere(endpoint),
        ..ClientConfig::default()
    };
    let Some(answer) = answer else { return Ok(Client::new(config, Clock::system())?) };
    let body = Bytes::from(answer.body);
    let transport = Transport::function(move |_| {
        let mut response = http::Response::new(body.clone());
        for (name, value) in &answer.headers {
            if let (Ok(name), Ok(value)) =
                (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
            {
                response.headers_mut().append(name, value);
            }
        }
        async { Ok(response) }
    });
    Ok(Client::with_transport(config, Clock::system(), transport)?)
}

pub(super) fn target() -> Result<Target> {
    let region = "eu-central-1".parse()?;
    Ok(Target { account: None, region, actor: "bench".to_owned(), reason: None, role: None })
}

/// Calls for a while, so many at once; returns how many calls that were and how long they took.
async fn repeat(client: &Client, call: &Sample, duration: Duration) -> Result<(f64, f64)> {
    let input = samples::with_operation((call.service, call.operation), |service, operation| {
        samples::input_value(service, operation, &call.json)
    })?;
    let (input, done) = (Arc::new(input), Arc::new(AtomicUsize::new(0)));
    let watch = Stopwatch::start();
    let mut callers = JoinSet::new();
    for _ in 0..CONCURRENCY {
        let (client, target) = (client.clone(), target()?);
        let (service, operation) = (call.service, call.operation);
        let (input, done) = (Arc::clone(&input), Arc::clone(&done));
        callers.spawn(async move {
            while watch.elapsed() < duration {
                let answer = client.call(&target, service, operation, Value::clone(&input)).await;
                answer.map_err(|error| anyhow!("{error}"))?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let count = u32::try_from(done.load(Ordering::Relaxed))?;
    Ok((f64::from(count), watch.elapsed().as_secs_f64()))
}

/// The processor time that this process took so far, in seconds.
fn processor_time() -> Result<f64> {
    /// How many a second Linux counts, whatever its own timer does.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").context("measured on Linux only")?;
    // The name of the program stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    let (user, system) =
        (ticks.next().context("no user time")??, ticks.next().context("no time")??);
    Ok(f64::from(user + system) / TICKS)
}
