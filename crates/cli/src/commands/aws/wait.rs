//! `reeve aws wait`: wait until a resource is in a state.

use std::{num::NonZeroUsize, time::Duration};

use anyhow::Result;
use futures_util::{StreamExt as _, pin_mut};
use reeve_aws::{FanOut, Target, WaitOptions, Waited, fan_out, find_waiter};
use reeve_model::Value;
use serde_json::{Value as Json, json};

use super::{
    super::Globals,
    answers::{Answers, Failure},
    call::concurrency,
    input::{InputArguments, conform},
    lists,
    reach::{Reach, ScopeArguments},
};
use crate::{
    exit::{Status, WrongInput},
    output::say,
    progress,
    text::count,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The service, by the name the AWS CLI uses.
    service: String,
    /// The waiter, such as `InstanceRunning` or `instance-running`; without one, the service's waiters are listed.
    waiter: Option<String>,
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    scopes: ScopeArguments,
    /// How long to wait at most, such as `10m`; by default as long as AWS's own tools do.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_wait: Option<Duration>,
    /// Look in this interval, such as `5s`; by default in pauses that grow from what the service's model says up to 2m.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    interval: Option<Duration>,
    /// In several scopes: how many are waited for at once.
    #[arg(long, value_name = "NUMBER", default_value = "32", value_parser = concurrency)]
    concurrency: NonZeroUsize,
}

/// Reads a time span such as `15m` or `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let read = || {
        let span = text.parse::<jiff::Span>().ok()?;
        let time = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
        Duration::try_from(time).ok().filter(|time| !time.is_zero())
    };
    read().ok_or_else(|| "expected a time span such as `30s`, `15m`, `1h30m` or `2d`".to_owned())
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let service = lists::service(&arguments.service)?;
    let Some(waiter) = &arguments.waiter else { return lists::waiters(globals, &service) };
    let (name, waiter) = find_waiter(&service, waiter).map_err(|wrong| {
        let hint = format!("`reeve aws wait {}` lists them", service.name());
        WrongInput::new(wrong.to_string()).with_hint(hint)
    })?;
    let operation = service.operation(&waiter.operation)?;
    let input = conform(&service, operation, &arguments.input.read()?)?;
    let options = WaitOptions { max_wait: arguments.max_wait, interval: arguments.interval };
    let at_once = FanOut { concurrency: arguments.concurrency, ..FanOut::default() };
    let reach = arguments.scopes.reach(globals, at_once).await?;
    let names = (service.name().as_str(), name.as_str());
    if reach.is_several {
        return everywhere(reach, names, (input, options), at_once).await;
    }
    let target = reach.only_scope()?;
    let bar = progress::bar(0, name);
    let waited = reach.client.wait(target, names, input, options).await;
    bar.finish_and_clear();
    let waited = waited?;
    if globals.output().json {
        globals.output().show(&to_json(&waited), Json::to_string)?;
    }
    say(&told(name, &waited));
    Ok(Status::Done)
}

async fn everywhere(
    reach: Reach,
    (service, waiter): (&str, &str),
    (input, options): (Value, WaitOptions),
    at_once: FanOut,
) -> Result<Status> {
    let Reach { client, scopes, lost, .. } = reach;
    let mut answers = Answers::of(scopes.len() + lost.len(), waiter);
    for (target, error) in lost {
        answers.finished();
        answers.failure(&target, &Failure::Call(error))?;
    }
    let names = (service.to_owned(), waiter.to_owned());
    let work = move |target: Target| {
        let (client, names, input) = (client.clone(), names.clone(), input.clone());
        async move { client.wait(&target, (&names.0, &names.1), input, options).await }
    };
    let coming = fan_out(scopes, at_once, work);
    pin_mut!(coming);
    while let Some(answer) = coming.next().await {
        answers.finished();
        let is_read = match answer.result {
            Ok(waited) => answers.output(&answer.target, &to_json(&waited))?,
            Err(error) => answers.failure(&answer.target, &Failure::Wait(error))?,
        };
        if !is_read {
            return Ok(Status::Done);
        }
    }
    Ok(answers.conclude())
}

fn to_json(waited: &Waited) -> Json {
    let Waited { output, attempts, elapsed } = waited;
    json!({
        "attempts": attempts,
        "seconds": elapsed.as_secs_f64(),
        "output": output.as_ref().map(Value::to_json),
    })
}

fn told(waiter: &str, waited: &Waited) -> String {
    let calls = count(usize::try_from(waited.attempts).unwrap_or(usize::MAX), "call");
    format!("{waiter} after {calls} in {:.1} s", waited.elapsed.as_secs_f64())
}
