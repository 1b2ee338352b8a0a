//! `reeve runbook dry-run`.

use anyhow::Result;
use reeve_app::executions::DryRunView;

use super::{Globals, run::Request};
use crate::{exit::Status, setup, text::count};

pub(crate) async fn run(globals: &Globals, request: &Request) -> Result<Status> {
    let app = setup::app(globals).await?;
    let request = request.read(&app)?;
    let view = app.dry_run(&setup::context(), &request).await?;
    globals.output().show(&view, text)?;
    Ok(Status::Done)
}

fn text(view: &DryRunView) -> String {
    let mut text = match &view.role {
        Some(role) => format!("as {role}:\n{}", view.text),
        None => view.text.clone(),
    };
    text += &match (view.changes, view.without_undo) {
        (0, _) => "nothing would be changed\n".to_owned(),
        (changes, 0) => format!("{} that would change something\n", count(changes, "call")),
        (changes, without) => format!(
            "{} that would change something, {without} of them without a way back\n",
            count(changes, "call")
        ),
    };
    text
}
