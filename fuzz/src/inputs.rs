//! Inputs that somebody wrote as JSON.

use reeve_model::{conform, encode_request};

use crate::operations::pick_any;

/// Reads JSON as the input of an operation, and writes the request if it fits.
pub fn inputs(input: &[u8]) {
    let Some((choice, json)) = input.split_first() else { return };
    let Ok(json) = serde_json::from_slice(json) else { return };
    let (service, operation) = pick_any(*choice);
    match conform(&service, &operation, &json) {
        Ok(value) => drop(encode_request(&service, &operation, &value)),
        Err(errors) => {
            assert!(!errors.is_empty(), "what does not fit has a reason");
            let said: usize = errors.iter().map(|error| error.to_string().len()).sum();
            assert!(said > 0, "and the reason is said");
        }
    }
}
