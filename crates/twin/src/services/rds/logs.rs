//! Log files of instances: one an hour, which says what RDS said.

use reeve_model::{Object, Value};

use super::{given, instance::named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    recipe::Action,
    services::Part,
    task::later,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeDBLogFiles", Action::Own(list)),
        ("DownloadDBLogFilePortion", Action::Own(download)),
    ],
    tasks: &[],
};

/// How many hours of logs are kept.
const HOURS: i64 = 24;

fn files(call: &Call, engine: &str, since: jiff::Timestamp) -> Vec<(String, jiff::Timestamp)> {
    let hour = later(call.now, -(call.now.as_second() % 3600));
    (0..HOURS)
        .map(|back| later(hour, -back * 3600))
        .filter(|at| later(*at, 3600) > since)
        .map(|at| {
            let name = if engine.contains("postgres") {
                format!("error/postgresql.log.{}", at.strftime("%Y-%m-%d-%H"))
            } else {
                format!("error/mysql-error-running.log.{}", at.strftime("%Y-%m-%d.%H"))
            };
            (name, at)
        })
        .collect()
}

fn text_of(name: &str, at: jiff::Timestamp) -> String {
    let time = at.strftime("%Y-%m-%d %H:%M:%S UTC");
    if name.contains("postgresql") {
        format!(
            "{time}::@:[512]:LOG:  checkpoint starting: time\n{time}::@:[512]:LOG:  checkpoint complete\n"
        )
    } else {
        format!("{time} 0 [Note] [MY-011946] [InnoDB] Buffer pool(s) dump completed\n")
    }
}

fn list(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let (_, found) = named(call, world, "DBInstanceIdentifier")?;
    let since = found.value("InstanceCreateTime").and_then(Value::as_timestamp).unwrap_or(call.now);
    let contains = call.text("FilenameContains").unwrap_or_default();
    let shown = files(call, found.fact("Engine").unwrap_or_default(), since)
        .into_iter()
        .filter(|(name, _)| name.contains(contains))
        .map(|(name, at)| {
            let size = i64::try_from(text_of(&name, at).len()).unwrap_or(0);
            value!({"LogFileName": (name), "LastWritten": (later(at, 3599).min(call.now).as_millisecond()), "Size": (size)})
        });
    Ok(Object::from_iter([("DescribeDBLogFiles", shown.collect::<Value>())]).into())
}

fn download(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world, "DBInstanceIdentifier")?;
    let since = found.value("InstanceCreateTime").and_then(Value::as_timestamp).unwrap_or(call.now);
    let wanted = call.required("LogFileName")?;
    let files = files(call, found.fact("Engine").unwrap_or_default(), since);
    let file = files.iter().find(|(name, _)| name == wanted).ok_or_else(|| {
        Failure::new(
            "DBLogFileNotFoundFault",
            format!("DBLog File: {wanted}, is not found on the DB instance"),
        )
        .with_status(404)
    })?;
    let text = text_of(&file.0, file.1);
    let marker = text.len().to_string();
    Ok(value!({"LogFileData": (text), "Marker": (marker), "AdditionalDataPending": false}))
}
