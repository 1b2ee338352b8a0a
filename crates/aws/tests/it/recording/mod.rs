//! Recordings: what was asked and answered comes back, and nothing else.

mod folders;
mod replays;
mod secrets;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use reeve_aws::{Client, ClientConfig, Transport};
use reeve_time::Clock;

use crate::harness::{Answer, NOW, Seen, config};

/// A client that records what a function answers, and the requests that reached the function.
pub(crate) fn recording(
    folder: &Path,
    answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<Seen>>>) {
    recording_with(folder, |_| {}, answer)
}

/// The same with a changed configuration.
pub(crate) fn recording_with(
    folder: &Path,
    change: impl FnOnce(&mut ClientConfig),
    answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<Seen>>>) {
    let (transport, seen) = crate::harness::function(answer);
    let transport = Transport::recording(transport, folder, clock()).unwrap();
    let (mut config, _) = config();
    change(&mut config);
    (Client::with_transport(config, clock(), transport).unwrap(), seen)
}

/// A client that replays a folder and has no credentials.
pub(crate) fn replaying(folder: &Path) -> Client {
    replaying_with(folder, |_| {})
}

/// The same with a changed configuration.
pub(crate) fn replaying_with(folder: &Path, change: impl FnOnce(&mut ClientConfig)) -> Client {
    let mut config = ClientConfig::default().for_replay();
    change(&mut config);
    let transport = Transport::replaying(folder, clock()).unwrap();
    Client::with_transport(config, clock(), transport).unwrap()
}

pub(crate) fn clock() -> Clock {
    Clock::manual(NOW.parse::<Timestamp>().unwrap())
}

/// Every file of a folder by its path in it.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The names of a folder's files, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().map(|path| path.display().to_string()).collect()
}
