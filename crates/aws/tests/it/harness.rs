//! A client whose requests are answered by a function, and a log of what it did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use reeve_aws::{
    AccessKey, CallError, Client, ClientConfig, CredentialSource, Pauses, Secret, Target,
    Transport, TransportError,
};
use reeve_model::Value;
use reeve_time::Clock;

pub(crate) const NOW: &str = "2026-03-01T09:00:00Z";
pub(crate) const ACCOUNT: &str = "111122223333";

/// A request as AWS would see it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Reply { status: u16, headers: Vec<(&'static str, String)>, body: String },
    Lost,
    Never,
}

/// A client and what it did.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) waits: Arc<Mutex<Vec<Duration>>>,
}

impl Bench {
    /// Calls an operation in the default target.
    pub(crate) async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, CallError> {
        self.client.call(&target(), service, operation, input).await
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn waits(&self) -> usize {
        self.waits.lock().unwrap().len()
    }
}

impl Seen {
    pub(crate) fn of(request: &http::Request<Bytes>) -> Self {
        let headers = request.headers().iter();
        Self {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        }
    }

    /// The operation of a query or JSON request.
    pub(crate) fn operation(&self) -> String {
        if let Some(target) = self.headers.get("x-amz-target") {
            return target.rsplit('.').next().unwrap().to_owned();
        }
        let action = self.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        action.unwrap_or_default().to_owned()
    }

    /// A parameter of a query request, as it is on the wire.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn authorization(&self) -> &str {
        self.headers.get("authorization").map_or("", String::as_str)
    }
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// An error in EC2's dialect.
    pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Self {
        Self::status(
            status,
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>req-1</RequestID></Response>"
            ),
        )
    }

    /// An error in the query protocol.
    pub(crate) fn query_error(status: u16, code: &str, message: &str) -> Self {
        Self::status(
            status,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
                 </Error><RequestId>req-1</RequestId></ErrorResponse>"
            ),
        )
    }

    pub(crate) fn into_result(self) -> Result<http::Response<Bytes>, TransportError> {
        match self {
            Self::Reply { status, headers, body } => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(Bytes::from(body)).unwrap())
            }
            Self::Lost => Err(TransportError::Lost(Arc::new(std::io::Error::other("reset")))),
            Self::Never => Err(TransportError::TimedOut),
        }
    }
}

/// A configuration with fixed keys, no real waits and repeatable jitter.
pub(crate) fn config() -> (ClientConfig, Arc<Mutex<Vec<Duration>>>) {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&waits);
    let mut config = ClientConfig {
        credentials: CredentialSource::Fixed(AccessKey {
            id: "AKIDBASE".into(),
            secret: Secret::new("base-secret"),
            session_token: None,
        }),
        ..ClientConfig::default()
    };
    config.retry.seed = Some(7);
    config.retry.pauses = Pauses::Function(Arc::new(move |wait| {
        recorded.lock().unwrap().push(wait);
        Box::pin(std::future::ready(()))
    }));
    (config, waits)
}

/// Lets time pass. Only for tests whose time is virtual: nobody waits.
pub(crate) async fn pass(duration: Duration) {
    let now = tokio::time::Instant::now();
    tokio::time::sleep_until(now + duration).await;
}

/// A client with the default configuration of these tests.
pub(crate) fn bench(answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Bench {
    bench_with(|_| {}, answer)
}

/// A client with a changed configuration. The function is given each request, and how many came before it.
pub(crate) fn bench_with(
    change: impl FnOnce(&mut ClientConfig),
    answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
) -> Bench {
    let (mut config, waits) = config();
    change(&mut config);
    let (transport, seen) = function(answer);
    let clock = Clock::manual(NOW.parse::<Timestamp>().unwrap());
    let client = Client::with_transport(config, clock.clone(), transport).unwrap();
    Bench { client, clock, seen, waits }
}

/// A transport that ends in a function, and the requests that reached it. The function is given each request, and how
/// many came before it.
pub(crate) fn function(
    answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
) -> (Transport, Arc<Mutex<Vec<Seen>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let transport = Transport::function(move |request: http::Request<Bytes>| {
        let request = Seen::of(&request);
        let before = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        let answer = answer(&request, before);
        async move {
            // Others get their turn, as over a network.
            tokio::task::yield_now().await;
            answer.into_result()
        }
    });
    (transport, seen)
}

pub(crate) fn target() -> Target {
    Target {
        account: None,
        region: "eu-central-1".parse().unwrap(),
        actor: "person:ana".into(),
        reason: None,
        role: None,
    }
}

pub(crate) fn target_in(account: &str) -> Target {
    Target { account: Some(account.parse().unwrap()), ..target() }
}

/// A page of instances.
pub(crate) fn instances(ids: &[&str], next_token: Option<&str>) -> Answer {
    let items: Vec<String> =
        ids.iter().map(|id| format!("<item><instanceId>{id}</instanceId></item>")).collect();
    let items = items.concat();
    let token = next_token.map(|token| format!("<nextToken>{token}</nextToken>"));
    Answer::ok(format!(
        "<DescribeInstancesResponse><requestId>req-1</requestId><reservationSet><item><instancesSet>{items}\
         </instancesSet></item></reservationSet>{}</DescribeInstancesResponse>",
        token.unwrap_or_default()
    ))
}

/// A session of an account.
pub(crate) fn session(key_id: &str, expires: &str) -> Answer {
    Answer::ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key_id}</AccessKeyId>\
         <SecretAccessKey>secret</SecretAccessKey><SessionToken>token-of-{key_id}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials></AssumeRoleResult>\
         <ResponseMetadata><RequestId>req-2</RequestId></ResponseMetadata></AssumeRoleResponse>"
    ))
}

/// Who the caller is.
pub(crate) fn identity(account: &str) -> Answer {
    Answer::ok(format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/ana</Arn>\
         <UserId>AIDA</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>req-3</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    ))
}
