//! A call of any operation, in one scope or in several.

use std::{num::NonZeroUsize, sync::Arc};

use anyhow::Result;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, pin_mut};
use reeve_app::NotedCall;
use reeve_aws::{Answer, CallError, Client, FanOut, Target, Upload, fan_out};
use reeve_model::{Service, Value};

use super::{
    super::Globals,
    answers::{Answers, Failure},
    changes,
    input::{InputArguments, Query, conform, find},
    lists,
    reach::{Reach, ScopeArguments, has_estate},
    stream::{Exchange, StreamArguments, receive},
};
use crate::{
    exit::{Status, WrongInput},
    output, setup,
};

#[derive(clap::Args)]
pub(super) struct CallArguments {
    /// The service, by the name the AWS CLI uses; `services` lists them all.
    #[arg(required = true)]
    service: Option<String>,
    /// The operation, such as `DescribeInstances`; without one, the service's operations are listed.
    operation: Option<String>,
    /// What stands after the operation in the AWS CLI, and nowhere here.
    #[arg(hide = true)]
    more: Option<String>,
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    streams: StreamArguments,
    #[command(flatten)]
    scopes: ScopeArguments,
    /// Print what this JMESPath expression finds in the answer; with `--paginate`, in each page.
    #[arg(long, value_name = "JMESPATH")]
    query: Option<String>,
    /// All pages, one line of JSON each.
    #[arg(long)]
    paginate: bool,
    /// In several scopes: how many calls are under way at once.
    #[arg(long, value_name = "NUMBER", default_value = "32", value_parser = concurrency)]
    concurrency: NonZeroUsize,
    /// In several scopes: do not ask whether something may be changed in all of them.
    #[arg(short, long)]
    yes: bool,
}

/// What is called.
struct Call {
    service: Arc<Service>,
    operation: String,
    input: Value,
    exchange: Exchange,
    query: Option<Query>,
    paginate: bool,
    only_reads: bool,
}

pub(super) async fn run(globals: &Globals, arguments: CallArguments) -> Result<Status> {
    let service = arguments.service.as_deref().unwrap_or_default();
    let Some(operation) = &arguments.operation else {
        return lists::operations(globals, service);
    };
    check_words(service, &arguments)?;
    let call = Call::read((service, operation), &arguments)?;
    let at_once =
        FanOut { concurrency: arguments.concurrency, pages: call.paginate, ..FanOut::default() };
    if call.exchange.is_stream() && arguments.scopes.is_several() {
        let message = format!("`{}` streams, which is for one scope", call.name());
        let hint = "name one account and one Region";
        return Err(WrongInput::new(message).with_hint(hint).into());
    }
    let reach = arguments.scopes.reach(globals, at_once).await?;
    if !reach.is_several {
        return call.once(globals, &reach).await;
    }
    if !call.only_reads && !arguments.yes {
        changes::confirm(&call.name(), (&reach.client, &reach.scopes)).await?;
    }
    call.everywhere(globals, reach, at_once).await
}

impl Call {
    /// Checks what is asked for.
    fn read((service, operation): (&str, &str), arguments: &CallArguments) -> Result<Self> {
        let (service, operation) = find(service, operation)?;
        let query = arguments.query.as_deref().map(Query::read).transpose()?;
        let found = service.operation(&operation)?;
        let exchange = arguments.streams.exchange(&service, found)?;
        if query.is_some() && exchange.prints_only_its_body() {
            let wrong = WrongInput::new("with `--output-file -` only the body is printed");
            return Err(wrong.with_hint("leave `--query` out, or name a file").into());
        }
        let mut json = arguments.input.read()?;
        let stand_in = arguments.streams.stand_in((&service, found), &mut json)?;
        let mut input = conform(&service, found, &json)?;
        if let (Some(member), Some(members)) = (stand_in, input.as_object_mut()) {
            members.remove(&member);
        }
        let (only_reads, paginate) = (found.only_reads(), arguments.paginate);
        let call = Self { service, operation, input, exchange, query, paginate, only_reads };
        if call.paginate && !call.only_reads {
            let message = format!("`{}` may change something: it has no pages", call.name());
            return Err(WrongInput::new(message).with_hint("leave `--paginate` out").into());
        }
        Ok(call)
    }

    /// As `ec2:DescribeInstances`.
    fn name(&self) -> String {
        format!("{}:{}", self.service.name(), self.operation)
    }

    fn names(&self) -> (&str, &str) {
        (self.service.name(), &self.operation)
    }

    /// Calls in the one scope that was asked for, and prints the plain answer.
    async fn once(&self, globals: &Globals, reach: &Reach) -> Result<Status> {
        let target = reach.only_scope()?;
        if self.paginate {
            return self.pages(reach, target).await;
        }
        if self.is_noted(globals) {
            // The estate's ledger tells of it before and after, and its suspend switch holds.
            let app = setup::app(globals).await?;
            let noted = NotedCall { target, names: self.names(), input: &self.input };
            let call = self.perform(&reach.client, target);
            app.noted(&setup::context(), noted, call).await??;
        } else {
            self.perform(&reach.client, target).await?;
        }
        Ok(Status::Done)
    }

    /// Calls, and prints what is answered.
    async fn perform(&self, client: &Client, target: &Target) -> Result<()> {
        let (service, operation) = self.names();
        let input = self.input.clone();
        let answer = match &self.exchange {
            Exchange::Plain => client.call(target, service, operation, input).await?,
            Exchange::Upload(file) => {
                let upload = Upload::File(file.clone());
                client.upload(target, (service, operation), input, upload).await?
            }
            Exchange::Download(file) => {
                let download = client.download(target, service, operation, input).await?;
                let found = self.service.operation(operation)?;
                let member = found.streaming_output(&self.service).map(|it| it.name.as_str());
                let Some(answer) = receive(download, member, file.as_deref()).await? else {
                    return Ok(());
                };
                answer
            }
            Exchange::Events => {
                let events = client.events(target, service, operation, input).await?;
                return self.print_lines(events).await;
            }
        };
        let found = Query::find(self.query.as_ref(), &answer);
        // The call was made: what it answered is not lost because the query makes no sense of it.
        let shown = found.as_ref().map_or_else(|_| answer.to_json(), Clone::clone);
        let written = output::write(&format!("{}\n", serde_json::to_string_pretty(&shown)?));
        found.and(written)
    }

    async fn pages(&self, reach: &Reach, target: &Target) -> Result<Status> {
        let (service, operation) = self.names();
        let pages = reach.client.pages(target, service, operation, self.input.clone());
        self.print_lines(pages).await?;
        Ok(Status::Done)
    }

    /// Prints a line for each page or event.
    async fn print_lines(
        &self,
        values: impl Stream<Item = Result<Value, CallError>>,
    ) -> Result<()> {
        pin_mut!(values);
        while let Some(value) = values.try_next().await? {
            let found = Query::find(self.query.as_ref(), &value)?;
            if !output::write_on(&format!("{found}\n"))? {
                break;
            }
        }
        Ok(())
    }

    /// Calls in many scopes and prints a line for each answer.
    async fn everywhere(&self, globals: &Globals, reach: Reach, at_once: FanOut) -> Result<Status> {
        let Reach { client, scopes, lost, .. } = reach;
        let mut answers = Answers::of(scopes.len() + lost.len(), &self.name());
        for (target, error) in lost {
            answers.finished();
            if !answers.failure(&target, &Failure::Call(error))? {
                return Ok(Status::Done);
            }
        }
        if !self.is_noted(globals) {
            let coming = client.fan_out(scopes, self.names(), &self.input, at_once);
            let coming = coming.map(|answer| answer.map(|it| it.map_err(Failure::Call)));
            return self.print(answers, coming).await;
        }
        let app = Arc::new(setup::app(globals).await?);
        if let Some(suspension) = app.suspension().await? {
            // Nobody needs to hear it from each scope.
            return Err(reeve_app::Error::suspended(suspension.by, &suspension.reason).into());
        }
        let (service, operation) = self.names();
        let names: Arc<(String, String)> = Arc::new((service.to_owned(), operation.to_owned()));
        let (context, input) = (setup::context(), self.input.clone());
        let work = move |target: Target| {
            let (app, context) = (Arc::clone(&app), context.clone());
            let (names, input) = (Arc::clone(&names), input.clone());
            async move {
                match app.call(&context, &target, (&names.0, &names.1), input).await {
                    Ok(answer) => answer.map_err(Failure::Call),
                    Err(error) => Err(Failure::App(error)),
                }
            }
        };
        self.print(answers, fan_out(scopes, at_once, work)).await
    }

    async fn print(
        &self,
        mut answers: Answers,
        coming: impl Stream<Item = Answer<Result<Value, Failure>>>,
    ) -> Result<Status> {
        pin_mut!(coming);
        while let Some(Answer { target, result, is_last, .. }) = coming.next().await {
            if is_last {
                answers.finished();
            }
            let found = result.and_then(|answer| {
                Query::find(self.query.as_ref(), &answer).map_err(Failure::Other)
            });
            let is_read = match found {
                Ok(found) => answers.output(&target, &found)?,
                Err(failure) => answers.failure(&target, &failure)?,
            };
            if !is_read {
                return Ok(Status::Done);
            }
        }
        Ok(answers.conclude())
    }

    /// Whether the call goes through the estate's ledger.
    fn is_noted(&self, globals: &Globals) -> bool {
        !self.only_reads && has_estate(globals)
    }
}

/// Reads how many calls may be under way at once.
pub(super) fn concurrency(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a number, at least 1".to_owned())
}

/// Refuses what is said as in the AWS CLI, where waiters stand among the operations.
fn check_words(service: &str, arguments: &CallArguments) -> Result<(), WrongInput> {
    let more = arguments.more.as_deref();
    if arguments.operation.as_deref() == Some("wait") {
        let wrong = WrongInput::new("waiters have a command of their own");
        let waiter = more.map(|waiter| format!(" {waiter}")).unwrap_or_default();
        return Err(wrong.with_hint(format!("`reeve aws wait {service}{waiter}`")));
    }
    match more {
        Some(more) => {
            Err(WrongInput::new(format!("nothing is expected after the operation: `{more}`"))
                .with_hint("`--input` takes the input, as JSON"))
        }
        None => Ok(()),
    }
}
