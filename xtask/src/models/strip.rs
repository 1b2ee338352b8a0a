//! Leaves out of the models what only people read.
//!
//! The keys for prose are ordinary words, and members, shapes, operations and parameters have such names too (a structure
//! may well have a member `documentation`). So this walks the known form of each file and takes the keys only from the
//! things that are described, never from the maps whose keys are names.

use serde_json::{Map, Value};

/// The keys that hold prose.
const PROSE: [&str; 5] =
    ["documentation", "documentationUrl", "examples", "deprecatedMessage", "deprecatedSince"];

/// Strips a `service-2.json`.
pub(super) fn model(model: &mut Value) {
    describe(model);
    for operation in named(model, "operations") {
        describe(operation);
        for reference in ["input", "output"] {
            part(operation, reference);
        }
        for error in operation.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten()
        {
            describe(error);
        }
    }
    for shape in named(model, "shapes") {
        describe(shape);
        for reference in ["member", "key", "value"] {
            part(shape, reference);
        }
        named(shape, "members").for_each(describe);
    }
    named(model, "clientContextParams").for_each(describe);
}

/// Strips a `waiters-2.json`.
pub(super) fn waiters(waiters: &mut Value) {
    for waiter in named(waiters, "waiters") {
        remove(waiter, "description");
    }
}

/// Strips an `endpoint-rule-set-1.json`.
pub(super) fn endpoint_rules(rules: &mut Value) {
    named(rules, "parameters").for_each(describe);
    described_rules(rules);
}

fn described_rules(holder: &mut Value) {
    for rule in holder.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        remove(rule, "documentation");
        described_rules(rule);
    }
}

/// The things in a map whose keys are names.
fn named<'a>(holder: &'a mut Value, map: &str) -> impl Iterator<Item = &'a mut Value> {
    holder.get_mut(map).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn part(holder: &mut Value, part: &str) {
    if let Some(reference) = holder.get_mut(part) {
        describe(reference);
    }
}

/// Takes the prose from one described thing.
fn describe(thing: &mut Value) {
    for key in PROSE {
        remove(thing, key);
    }
}

fn remove(thing: &mut Value, key: &str) {
    if let Some(thing) = thing.as_object_mut() {
        thing.shift_remove(key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_goes_and_what_is_named_like_prose_stays() {
        let mut stripped = json!({
            "documentation": "prose", "examples": {}, "metadata": {"serviceId": "X"},
            "operations": {"examples": {
                "documentation": "prose", "documentationUrl": "prose",
                "input": {"shape": "documentation", "documentation": "prose"},
                "errors": [{"shape": "examples", "documentation": "prose"}],
            }},
            "shapes": {
                "documentation": {
                    "type": "structure", "documentation": "prose", "required": ["documentation"],
                    "members": {
                        "documentation": {"shape": "examples", "documentation": "prose"},
                        "examples": {"shape": "examples", "deprecatedMessage": "prose"},
                    },
                },
                "examples": {"type": "list", "member": {"shape": "documentation", "documentation": "prose"}},
            },
        });
        model(&mut stripped);
        let expected = json!({
            "metadata": {"serviceId": "X"},
            "operations": {"examples": {
                "input": {"shape": "documentation"}, "errors": [{"shape": "examples"}],
            }},
            "shapes": {
                "documentation": {
                    "type": "structure", "required": ["documentation"],
                    "members": {"documentation": {"shape": "examples"}, "examples": {"shape": "examples"}},
                },
                "examples": {"type": "list", "member": {"shape": "documentation"}},
            },
        });
        assert_eq!(stripped, expected);
    }

    #[test]
    fn rules_and_waiters_lose_their_prose_at_every_depth() {
        let mut rules = json!({
            "parameters": {"documentation": {"type": "string", "documentation": "prose"}},
            "rules": [{"documentation": "prose", "rules": [{"documentation": "prose", "error": "e"}]}],
        });
        endpoint_rules(&mut rules);
        let expected = json!({"parameters": {"documentation": {"type": "string"}}, "rules": [{"rules": [{"error": "e"}]}]});
        assert_eq!(rules, expected);

        let mut stripped =
            json!({"waiters": {"description": {"description": "prose", "delay": 5}}});
        waiters(&mut stripped);
        assert_eq!(stripped, json!({"waiters": {"description": {"delay": 5}}}));
    }
}
