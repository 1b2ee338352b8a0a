//! What a handler gets and gives.

use std::io::Write;

use insta::assert_snapshot;
use reeve_runbook::ScriptSource;
use serde_json::{Map, json};

use crate::kit::{Bench, failure, returned};

#[tokio::test]
async fn a_handler_gets_the_payload_and_the_context_and_its_result_comes_back() {
    let mut bench = Bench::python(
        "def handler(events, context):\n    return {'got': events, 'in': context['execution']}",
    )
    .await;
    bench.script.payload =
        json!({ "Name": "web-1", "Size": 3, "Tags": [{ "Key": "a" }], "No": null });
    bench.context = Map::from_iter([("execution".to_owned(), json!("0f3c"))]);
    let finished = bench.run().await;
    let expected = json!({ "got": bench.script.payload, "in": "0f3c" });
    assert_eq!(finished.result.expect("a result"), expected);
}

#[tokio::test]
async fn what_is_printed_goes_into_the_log_in_order_and_not_into_the_result() {
    let text = "
import subprocess, sys
def handler(events, context):
    print('one')
    print('two', file=sys.stderr)
    subprocess.run(['echo', 'three'])
    print('four', end='')
    return {'returned': 5}
";
    let finished = Bench::python(text).await.run().await;
    assert_eq!(finished.result.expect("a result"), json!({ "returned": 5 }));
    assert!(finished.log.text.ends_with("one\ntwo\nthree\nfour"), "{}", finished.log.text);
}

#[tokio::test]
async fn what_json_has_no_word_for_is_written_as_text() {
    let text = "
from datetime import datetime, date, timezone
from decimal import Decimal
def handler(events, context):
    return {
        'at': datetime(2026, 11, 23, 16, 30, tzinfo=timezone.utc), 'on': date(2026, 11, 23), 'price': Decimal('1.10'),
        'text': b'abc', 'bytes': bytes([255, 254]), 'set': {'b', 'a'}, 'mixed': [(1, 2)], 3: True, 'umlaut': 'ü',
    }
";
    assert_snapshot!(
        returned(text).await,
        @r#"{"at":"2026-11-23 16:30:00+00:00","on":"2026-11-23","price":"1.10","text":"abc","bytes":"//4=","set":["a","b"],"mixed":[[1,2]],"3":true,"umlaut":"ü"}"#
    );
}

#[tokio::test]
async fn a_handler_that_returns_nothing_gives_null() {
    assert_eq!(returned("def handler(events, context):\n    pass").await, json!(null));
}

#[tokio::test]
async fn another_version_of_python_than_the_one_asked_for_is_noted_in_the_log() {
    let mut bench = Bench::python("def handler(events, context): pass").await;
    bench.script.runtime = "python3.6".into();
    let log = bench.run().await.log.text;
    assert!(log.starts_with("note: the step asks for python3.6 and runs on Python 3."), "{log}");
}

#[tokio::test]
async fn a_file_that_came_with_the_document_is_called_by_file_and_function() {
    for handler in ["launch.go", "go"] {
        let mut bench = Bench::python("").await;
        bench.script.source = ScriptSource::Attachment("launch.py".into());
        bench.script.handler = Some(handler.into());
        bench.attachment = Some(b"def go(events, context):\n    return __name__".to_vec());
        assert_eq!(bench.run().await.result.expect("a result"), json!("launch"));
    }
}

#[tokio::test]
async fn an_archive_brings_modules_and_files() {
    let files: [(&str, &[u8]); 3] = [
        ("launch.py", b"from parts.words import WORD\nimport os\ndef go(events, context):\n    here = os.path.dirname(__file__)\n    return [WORD, open(os.path.join(here, 'data.txt')).read()]"),
        ("parts/words.py", b"WORD = 'hello'"),
        ("data.txt", b"some data"),
    ];
    let mut bench = Bench::python("").await;
    bench.script.source = ScriptSource::Attachment("tools.zip".into());
    bench.script.handler = Some("launch.go".into());
    bench.attachment = Some(archive(&files));
    assert_eq!(bench.run().await.result.expect("a result"), json!(["hello", "some data"]));

    bench.script.handler = Some("land.go".into());
    assert_snapshot!(
        failure(&bench.run().await),
        @"HandlerNotFound: the archive has no file `land.py`; hint: there is `data.txt`, `launch.py`, `parts`"
    );
    bench.script.handler = Some("go".into());
    assert_snapshot!(
        failure(&bench.run().await),
        @"HandlerNotFound: `go` names no file of the archive: write `file.function`"
    );
    bench.attachment = Some(b"no archive".to_vec());
    bench.script.handler = Some("launch.go".into());
    assert_snapshot!(
        failure(&bench.run().await),
        @"InvalidAttachment: attachment: the archive cannot be read: File is not a zip file"
    );
}

#[tokio::test]
async fn an_archive_that_leads_out_of_itself_or_holds_too_much_is_refused() {
    let mut bench = Bench::python("").await;
    bench.script.source = ScriptSource::Attachment("tools.zip".into());
    bench.script.handler = Some("launch.go".into());
    for (entry, expected) in [
        ("'../../launch.py', ''", "`../../launch.py` leads out of the archive"),
        ("'/tmp/launch.py', ''", "`/tmp/launch.py` leads out of the archive"),
        ("'parts\\\\..\\\\..\\\\launch.py', ''", "leads out of the archive"),
        ("'much', bytes(600 << 20)", "the archive holds more than 536870912 bytes and 20000 files"),
    ] {
        bench.attachment = Some(packed(entry));
        let said = failure(&bench.run().await);
        assert!(said.starts_with("InvalidAttachment: ") && said.contains(expected), "{said}");
    }
}

/// An archive with one entry that nobody packs by mistake: its name and its content, as Python has them.
fn packed(entry: &str) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let text = format!(
        "import zipfile\nwith zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED) as archive:\n    archive.writestr({entry})"
    );
    let mut command = std::process::Command::new("python3");
    command.current_dir(folder.path()).args(["-c", &text]);
    assert!(command.status().expect("python3").success());
    std::fs::read(folder.path().join("a.zip")).expect("an archive")
}

#[tokio::test]
async fn an_attachment_that_did_not_come_or_is_no_script_is_refused() {
    let mut bench = Bench::python("").await;
    bench.script.source = ScriptSource::Attachment("launch.py".into());
    assert_snapshot!(
        failure(&bench.run().await),
        @"InvalidAttachment: attachment: `launch.py` did not come with the document"
    );
    bench.script.source = ScriptSource::Attachment("launch.exe".into());
    bench.attachment = Some(Vec::new());
    assert_snapshot!(
        failure(&bench.run().await),
        @"InvalidAttachment: attachment: `launch.exe` is neither a `.py` nor a `.zip`"
    );
}

/// A ZIP archive whose files are stored as they are, written by Python as people would.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut command = std::process::Command::new("python3");
    command.current_dir(folder.path()).args(["-m", "zipfile", "-c", "archive.zip"]);
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::File::create(path).and_then(|mut file| file.write_all(content)).expect("written");
    }
    command.args(["launch.py", "parts", "data.txt"]);
    assert!(command.status().expect("python3").success());
    std::fs::read(folder.path().join("archive.zip")).expect("an archive")
}
