//! Copies from another Region: the service there is asked with a URL that the caller signed for it.
//!
//! ```text
//! CopySnapshot(SourceRegion) in eu-west-1 ──► the same call, presigned for the source's Region ──► PresignedUrl
//! ```
//!
//! The operations are those whose input has a `SourceRegion` and a `PreSignedUrl`: snapshots and replicas of EC2, RDS,
//! Neptune and `DocumentDB`. A URL that the caller gives is left alone. AWS's own clients make the same URL.

use std::time::Duration;

use reeve_model::{Object, Operation, Service, Value};
use reeve_types::Region;

use super::Request;
use crate::{CallError, CallSite, Target, client::Inner, presign};

const SOURCE: &str = "SourceRegion";
const DESTINATION: &str = "DestinationRegion";
const URLS: [&str; 2] = ["PreSignedUrl", "PresignedUrl"];

/// How long the other Region has to follow the URL.
const VALID: Duration = Duration::from_hours(1);

/// Puts the URL for the source's Region into an input that names one.
pub(super) async fn add_source_url(
    inner: &Inner,
    request: &Request<'_>,
    (service, operation): (&Service, &Operation),
    input: &mut Value,
) -> Result<(), CallError> {
    let Some(copy) = Copy::find(service, operation, input) else { return Ok(()) };
    let Copy { url, source, knows_destination } = copy;
    let Some(input) = input.as_object_mut() else { return Ok(()) };
    let site = CallSite::of(request.target, request.service, request.operation);
    let region: Region = source.parse().map_err(|_| {
        CallError::invalid(
            &site,
            format!("`{SOURCE}`: expected a Region, such as `eu-west-1`, found `{source}`"),
        )
    })?;
    let destination = request.target.region.to_string();
    let mut parameters = Vec::new();
    if knows_destination {
        input.insert(DESTINATION, destination);
    } else {
        // These services do not know the member: it is only for whoever makes the URL.
        input.remove(SOURCE);
        parameters.push((DESTINATION.to_owned(), destination));
    }
    if input.contains(url) {
        return Ok(());
    }
    let target = Target { region, ..request.target.clone() };
    let asked = Value::Object(Object::clone(input));
    let call = (service, operation);
    let signing = presign::source_url(inner, call, asked, (&target, VALID), parameters);
    let signed = Box::pin(signing).await?;
    input.insert(url, signed.url.expose());
    Ok(())
}

/// What an input wants copied.
struct Copy {
    /// The member that takes the URL.
    url: &'static str,
    source: String,
    /// The service wants to be told the destination, too.
    knows_destination: bool,
}

impl Copy {
    fn find(service: &Service, operation: &Operation, input: &Value) -> Option<Self> {
        let source = input.get(SOURCE)?.as_str()?.to_owned();
        let structure = service.structure(operation.input.as_ref()?.shape)?;
        let url = URLS.into_iter().find(|url| structure.member(url).is_some())?;
        let knows_destination = structure.member(DESTINATION).is_some();
        Some(Self { url, source, knows_destination })
    }
}
