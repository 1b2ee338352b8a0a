//! `reeve aws`: any operation of any service, by name, in one place or in many.
//!
//! Everything that can be found wrong without asking AWS is found before anything is sent: names, the input, the query.

mod answers;
mod call;
mod changes;
mod input;
mod lists;
mod presign;
mod reach;
mod shape;
mod stream;
mod wait;

use anyhow::Result;
use clap::Subcommand;

use super::Globals;
use crate::exit::Status;

const GUIDE: &str = "\
Operations go by their names in the API or in the AWS CLI: `DescribeInstances`, `describe-instances`.

  reeve aws ec2 DescribeInstances --query 'Reservations[].Instances[].InstanceId'
  reeve aws ec2 DescribeInstances --account all --region all --paginate
  reeve aws dynamodb DescribeTable --input '{\"TableName\": \"Sessions\"}' --account production
  reeve aws shape dynamodb DescribeTable

One scope (an account and a Region) is printed as it answers, or with `--paginate` a page a line.

Of several scopes each is a line of JSON as it comes, `account`, `region` and `output`, or instead of an output `error` with \
its `code`, `message`, `request_id`, `missing_permission` and `hint`; and at the end standard error says how many answered. \
The exit status is 0 if all did, 3 if some did, 1 if none did, and 2 if nothing was sent because what was asked for is wrong.

What may change something is in the estate's ledger before and after, and stops with `reeve suspend`. Where there is no \
estate folder, nothing is recorded.";

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = GUIDE, subcommand_help_heading = "Instead of a call")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    call: call::CallArguments,
}

#[derive(Subcommand)]
enum Verb {
    /// List all services.
    Services,
    /// List the operations of a service.
    Operations(lists::Arguments),
    /// Show what an operation takes and returns, or how a shape of a service is made.
    Shape(shape::Arguments),
    /// Wait until a resource is in a state, by a waiter of its service.
    Wait(wait::Arguments),
    /// Print a URL that makes a call for whoever has it, until it expires.
    Presign(presign::Arguments),
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let Arguments { verb, call } = arguments;
    match verb {
        None => Box::pin(call::run(globals, call)).await,
        Some(Verb::Services) => lists::services(globals),
        Some(Verb::Operations(arguments)) => lists::operations(globals, &arguments.service),
        Some(Verb::Shape(arguments)) => shape::run(globals, &arguments),
        Some(Verb::Wait(arguments)) => Box::pin(wait::run(globals, arguments)).await,
        Some(Verb::Presign(arguments)) => Box::pin(presign::run(globals, arguments)).await,
    }
}
