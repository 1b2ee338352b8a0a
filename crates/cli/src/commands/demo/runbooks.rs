//! What there is to see of runbooks in the demonstration: one of the company's own, one that has run, and one that waits.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use reeve_app::{
    App,
    executions::{StartForm, StartRequest},
};
use reeve_types::Actor;
use serde_json::{Map, json};

use crate::setup;

const PROTECT_BUCKET: &str = include_str!("../../../demo/Harbour-ProtectBucket.yaml");

/// Writes the company's own runbook, which whoever looks at the demonstration may approve.
pub(super) fn write(folder: &Path) -> Result<()> {
    let approver = match setup::context().actor {
        Actor::Person(name) => name,
        Actor::Reeve => "reeve".to_owned(),
    };
    // A text of JSON is one of YAML, whatever is in it.
    let text = PROTECT_BUCKET.replace("APPROVER", &json!(approver).to_string());
    let folder = folder.join("runbooks");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("Harbour-ProtectBucket.yaml");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Begins two executions; the server performs the one, and the other waits for somebody.
pub(super) async fn begin(app: &App) -> Result<()> {
    let wanted = [
        (
            "Reeve-EnableBucketVersioning",
            "harbour-scratch-1",
            "somebody overwrote a file last week",
        ),
        ("Harbour-ProtectBucket", "harbour-scratch-2", "found open to the world in a review"),
    ];
    for (runbook, bucket, reason) in wanted {
        let request = request(app, (runbook, bucket, reason))?;
        app.start_execution(&setup::context(), &request).await?;
    }
    Ok(())
}

fn request(app: &App, (runbook, bucket, reason): (&str, &str, &str)) -> Result<StartRequest> {
    let form = StartForm {
        runbook: runbook.to_owned(),
        account: "development".to_owned(),
        region: "eu-west-1".to_owned(),
        parameters: Map::from_iter([("BucketName".to_owned(), json!(bucket))]),
        reason: reason.to_owned(),
    };
    Ok(app.read_form(&form)?)
}
