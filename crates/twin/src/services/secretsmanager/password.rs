//! Random passwords, out of the world's own randomness.

use crate::{
    call::{Answer, Call},
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[("GetRandomPassword", Action::Own(get))], tasks: &[] };

const SETS: [(&str, &str); 4] = [
    ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("ExcludeNumbers", "0123456789"),
    ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
];

fn get(call: &Call, world: &mut World) -> Answer {
    let length = call.integer("PasswordLength").unwrap_or(32);
    let length = usize::try_from(length).ok().filter(|length| (1..=4096).contains(length));
    let length =
        length.ok_or_else(|| call.invalid("PasswordLength must be between 1 and 4096."))?;
    let excluded = call.text("ExcludeCharacters").unwrap_or_default();
    let mut sets: Vec<Vec<char>> = SETS
        .iter()
        .filter(|(member, _)| !call.flag(member))
        .map(|(_, letters)| letters.chars().filter(|it| !excluded.contains(*it)).collect())
        .filter(|letters: &Vec<char>| !letters.is_empty())
        .collect();
    if call.flag("IncludeSpace") {
        sets.push(vec![' ']);
    }
    let all: Vec<char> = sets.iter().flatten().copied().collect();
    if all.is_empty() {
        return Err(call.invalid("No characters are left to make a password of."));
    }
    let requires_each = call.object("RequireEachIncludedType").is_some()
        || call.input.get("RequireEachIncludedType").and_then(reeve_model::Value::as_bool)
            != Some(false);
    if requires_each && length < sets.len() {
        return Err(call.invalid(
            "The password length is too short for the types of characters it must have.",
        ));
    }
    let mut letters: Vec<char> = Vec::with_capacity(length);
    if requires_each {
        for set in &sets {
            letters.extend(pick(world, set));
        }
    }
    while letters.len() < length {
        letters.extend(pick(world, &all));
    }
    shuffle(world, &mut letters);
    let password: String = letters.into_iter().collect();
    Ok(value!({"RandomPassword": (password)}))
}

fn pick(world: &mut World, letters: &[char]) -> Option<char> {
    let most = i64::try_from(letters.len()).unwrap_or(1) - 1;
    let place = usize::try_from(world.random_between(0, most)).unwrap_or(0);
    letters.get(place).copied()
}

fn shuffle(world: &mut World, letters: &mut [char]) {
    for place in (1..letters.len()).rev() {
        let other = world.random_between(0, i64::try_from(place).unwrap_or(0));
        letters.swap(place, usize::try_from(other).unwrap_or(0));
    }
}
