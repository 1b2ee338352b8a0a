//! Brings statements into documents that AWS takes.

use std::collections::BTreeSet;

use crate::{Document, Statement};

/// How long a managed policy may be, white space apart.
pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;

/// What is around the statements of a document, with some room.
const ENVELOPE: usize = 64;

/// Documents with these statements, in order, each short enough for a managed policy.
pub(crate) fn into_documents(statements: Vec<Statement>) -> Vec<Document> {
    let room = MANAGED_POLICY_CHARACTERS - ENVELOPE;
    let mut documents = Vec::new();
    let mut current = Document::default();
    let mut taken = 0;
    for statement in statements.into_iter().flat_map(|statement| fitting(statement, room)) {
        // One more for the comma.
        let characters = statement.characters() + 1;
        if taken + characters > room && !current.statements.is_empty() {
            documents.push(std::mem::take(&mut current));
            taken = 0;
        }
        taken += characters;
        current.statements.push(statement);
    }
    if !current.statements.is_empty() {
        documents.push(current);
    }
    documents
}

/// The statement in as many parts as it takes for each to fit.
fn fitting(statement: Statement, room: usize) -> Vec<Statement> {
    let sid = statement.sid.clone();
    let mut parts = halved(statement, room);
    if parts.len() > 1 {
        for (number, part) in (1..).zip(&mut parts) {
            part.sid = format!("{sid}{number}");
        }
    }
    parts
}

fn halved(statement: Statement, room: usize) -> Vec<Statement> {
    // The id gets a number.
    const NUMBER: usize = 6;
    let is_divisible = statement.resources.len() > 1 || statement.actions.len() > 1;
    if statement.characters() + NUMBER <= room || !is_divisible {
        return vec![statement];
    }
    let (mut one, mut other) = (statement.clone(), statement);
    if one.resources.len() >= one.actions.len() {
        (one.resources, other.resources) = halves(&one.resources);
    } else {
        (one.actions, other.actions) = halves(&one.actions);
    }
    let mut parts = halved(one, room);
    parts.extend(halved(other, room));
    parts
}

fn halves(values: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let half = values.len() / 2;
    (values.iter().take(half).cloned().collect(), values.iter().skip(half).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_one_document_becomes_several() {
        let resources = (0..1_000).map(|number| format!("arn:aws:iam::{number:012}:role/reeve"));
        let statement = Statement {
            sid: "EnterAccounts".to_owned(),
            actions: BTreeSet::from(["sts:AssumeRole".to_owned()]),
            resources: resources.collect(),
            ..Statement::default()
        };
        let documents = into_documents(vec![statement.clone()]);
        assert!(documents.len() > 5, "{}", documents.len());
        for document in &documents {
            assert!(document.characters() <= MANAGED_POLICY_CHARACTERS);
        }
        let parts = documents.iter().flat_map(|document| &document.statements);
        let found: BTreeSet<String> = parts.clone().flat_map(|it| it.resources.clone()).collect();
        assert_eq!(found, statement.resources);
        let sids: BTreeSet<&str> = parts.map(|part| part.sid.as_str()).collect();
        assert_eq!(sids.len(), documents.iter().map(|it| it.statements.len()).sum::<usize>());
    }

    #[test]
    fn nothing_to_allow_is_no_document() {
        assert_eq!(into_documents(Vec::new()), []);
    }
}
