//! Runbooks whose scripts are in files beside them.

use std::path::Path;

use reeve_app::{
    App, Error,
    executions::{NamedRunbook, StartRequest, Worker},
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::{
    die::live_long,
    executions::{ana, carry_out, latest, summaries},
    world::{SHOP, World},
};

const SCRIPT: &str = "def go(events, context):\n    return {'Twice': events['Size'] * 2}\n";

fn runbook(files: &str) -> String {
    format!(
        "schemaVersion: '0.3'
{files}
mainSteps:
- name: double
  action: aws:executeScript
  inputs: {{Runtime: python3.11, Handler: launch.go, InputPayload: {{Size: 4}}, Attachment: launch.py}}
  outputs: [{{Name: Twice, Selector: $.Payload.Twice, Type: Integer}}]
outputs: [double.Twice]
"
    )
}

fn with_checksum(digest: &str) -> String {
    runbook(&format!("files: {{launch.py: {{checksums: {{sha256: {digest}}}}}}}"))
}

fn digest() -> String {
    hex::encode(Sha256::digest(SCRIPT))
}

async fn start(app: &App, text: &str, folder: &Path) -> Result<(), Error> {
    let request = StartRequest {
        runbook: NamedRunbook::of_file("double.yaml", text.to_owned()).in_folder(folder),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: serde_json::Map::new(),
        reason: String::new(),
    };
    app.start_execution(&ana(), &request).await.map(|_| ())
}

/// A folder with the script at a place.
fn folder(place: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(place);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, SCRIPT).unwrap();
    folder
}

fn runs_with_its_file(world: &World) {
    live_long(world, async |app| {
        for (place, text) in [
            ("double/launch.py", with_checksum(&digest())),
            ("launch.py", with_checksum(&digest().to_uppercase())),
            // Documents that were made for the service's command line do not list their files.
            ("double/launch.py", runbook("")),
        ] {
            let folder = folder(place);
            start(app, &text, folder.path()).await.unwrap();
            // Whoever runs it has only the records.
            drop(folder);
            carry_out(app).await;
            let detail = latest(app).await;
            assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
            assert_eq!(detail.outputs["double.Twice"], 8);
        }
    });
}

#[test]
fn a_script_runs_from_the_file_that_came_with_the_document_wherever_its_worker_is() {
    runs_with_its_file(&World::new(""));
}

#[test]
fn the_files_of_a_runbook_are_kept_on_postgres_too() {
    let world = tokio::runtime::Runtime::new().unwrap().block_on(World::new("").on_postgres());
    if let Some(world) = world {
        runs_with_its_file(&world);
    }
}

#[test]
fn a_file_that_is_missing_or_another_is_refused_at_the_start_with_its_place() {
    let world = World::new("");
    live_long(&world, async |app| {
        let empty = TempDir::new().unwrap();
        let refused = start(app, &with_checksum(&digest()), empty.path()).await.unwrap_err();
        let place = empty.path().join("double").join("launch.py");
        assert_eq!(
            refused.message,
            format!(
                "double:2:20: files[\"launch.py\"]: the file `launch.py` is missing: put it at `{}`",
                place.display()
            )
        );
        let other = with_checksum(&"ab".repeat(32));
        let refused = start(app, &other, folder("launch.py").path()).await.unwrap_err();
        let expected =
            format!("the SHA-256 of `launch.py` is {}, and the document says abab", digest());
        assert!(refused.message.contains(&expected), "{}", refused.message);
        let escaping = runbook("").replace("Attachment: launch.py", "Attachment: ../launch.py");
        let refused = start(app, &escaping, empty.path()).await.unwrap_err();
        assert!(refused.message.contains("is no name of a file"), "{}", refused.message);
        assert!(app.execution_detail("latest").await.is_err(), "nothing was begun");
    });
}

#[test]
fn a_worker_that_stops_waits_for_the_script_that_runs_and_gives_back_the_rest() {
    let folder = TempDir::new().unwrap();
    let sign = folder.path().join("sign");
    let text = format!(
        "schemaVersion: '0.3'
mainSteps:
- name: slow
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: go
    Script: |
      import os, threading
      def go(events, context):
          while not os.path.exists('{}'):
              threading.Event().wait(0.01)
- {{name: make, action: 'aws:executeAwsApi', inputs: {{Service: secretsmanager, Api: CreateSecret, Name: a, SecretString: b}}}}
",
        sign.display()
    );
    let world = World::new("");
    live_long(&world, async |app| {
        start(app, &text, folder.path()).await.unwrap();
        let worker = Worker::new(app);
        // It stops while the script is under way, which ends only now.
        let begun = async {
            while !summaries(&latest(app).await).contains(&"runs a script") {
                tokio::task::yield_now().await;
            }
            std::fs::write(&sign, "").unwrap();
        };
        worker.run_until(&tokio::sync::Notify::new(), begun).await;
        let detail = latest(app).await;
        assert!(summaries(&detail).contains(&"slow: Success"), "{:#?}", summaries(&detail));
        assert_eq!(detail.execution.status, "InProgress");
        assert!(world.changes().is_empty(), "nothing more was begun");
        // Another has it at once: no lease has to run out.
        Worker::new(app).finish_what_is_due().await;
        assert_eq!(latest(app).await.execution.status, "Success");
    });
}
