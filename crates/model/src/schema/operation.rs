//! What a model says about one operation.

use crate::{
    Name,
    schema::{Member, Service, ShapeId, ShapeKind, UriTemplate},
};

/// One operation of a service.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub struct Operation {
    /// The name, such as `DescribeInstances`.
    pub name: Name,
    /// Method, URI and status.
    pub http: Http,
    /// The input, if there is one.
    pub input: Option<Member>,
    /// The output, if there is one.
    pub output: Option<Member>,
    /// The element around the output in the query protocol.
    pub result_wrapper: Option<Name>,
    /// The errors that the model names.
    pub errors: Vec<ShapeId>,
    /// What precedes the host name, with labels such as `{AccountId}.`.
    pub host_prefix: Option<Name>,
    /// What must be said about the body so that its receiver can check it.
    pub checksum: Checksum,
    /// How the request's body may be compressed, such as `gzip`, the preferred first.
    pub request_encodings: Vec<Name>,
    /// How requests are authenticated where it differs from the service, such as `none`.
    pub auth_type: Option<Name>,
    /// The authentication schemes where they differ from the service.
    pub auth: Vec<Name>,
    /// Parameters of the endpoint rules that this operation fixes, as published.
    pub static_context_params: serde_json::Value,
    /// Parameters of the endpoint rules taken from the input by expressions, as published.
    pub operation_context_params: serde_json::Value,
    /// Repeating it does nothing more.
    pub idempotent: bool,
    /// It changes nothing.
    pub readonly: bool,
    /// The body is not part of the signature.
    pub unsigned_payload: bool,
    /// Not to be used any more.
    pub deprecated: bool,
}

/// The words that AWS's services begin the names of operations with that change nothing.
const READING_WORDS: [&str; 14] = [
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Count",
    "Describe",
    "Estimate",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Simulate",
];

/// Operations that begin with such a word and change something nevertheless.
const NOT_READING: [&str; 2] = ["CheckInLicense", "GetId"];

/// The words that the names of operations begin with that do the caller's own work before they answer.
const WORKING_WORDS: [&str; 3] = ["Converse", "Invoke", "StartSyncExecution"];

impl Operation {
    /// Whether it changes nothing, going by the model and, since few models say so, by its name.
    pub fn only_reads(&self) -> bool {
        let is_named_so = READING_WORDS.iter().any(|word| begins_with_word(&self.name, word));
        self.readonly || is_named_so && !NOT_READING.contains(&self.name.as_str())
    }

    /// Whether it answers when work of the caller's own is done, as `lambda:Invoke`: that takes as long as it takes, and is
    /// done twice if it is asked for twice.
    pub fn awaits_work(&self) -> bool {
        WORKING_WORDS.iter().any(|word| begins_with_word(&self.name, word))
    }

    /// The member of the input that is the request's body, of any length: a blob that need not be held in memory.
    ///
    /// [`encode_request`](crate::encode_request) writes the head alone if the input lacks it, and whoever sends the request
    /// attaches the body.
    pub fn streaming_input<'a>(&'a self, service: &'a Service) -> Option<&'a Member> {
        streaming_blob(service, self.input.as_ref()?)
    }

    /// The member of the output that is the response's body, of any length.
    ///
    /// [`decode_response`](crate::decode_response) reads the head alone of a response whose body is empty: the output then
    /// lacks this member, and whoever has the connection attaches the stream.
    pub fn streaming_output<'a>(&'a self, service: &'a Service) -> Option<&'a Member> {
        streaming_blob(service, self.output.as_ref()?)
    }

    /// The member of the input that is a stream of events.
    pub fn event_input<'a>(&'a self, service: &'a Service) -> Option<&'a Member> {
        event_stream(service, self.input.as_ref()?)
    }

    /// The member of the output that is a stream of events; [`decode_event`](crate::event_stream::decode_event) reads them.
    ///
    /// [`decode_response`](crate::decode_response) of a response whose body is empty reads the head alone. The RPC protocols
    /// say the other members of the output in the stream's first message.
    pub fn event_output<'a>(&'a self, service: &'a Service) -> Option<&'a Member> {
        event_stream(service, self.output.as_ref()?)
    }
}

fn streaming_blob<'a>(service: &'a Service, root: &Member) -> Option<&'a Member> {
    let payload = service.structure(root.shape)?.payload()?;
    let is_blob = matches!(service.shape(payload.shape).kind, ShapeKind::Blob);
    (is_blob && payload.flags.streaming).then_some(payload)
}

fn event_stream<'a>(service: &'a Service, root: &Member) -> Option<&'a Member> {
    service.structure(root.shape)?.members().iter().find(|member| member.flags.event_stream)
}

/// How an operation uses HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    /// The method, such as `POST`.
    pub method: Name,
    /// The URI as published, such as `/{Bucket}?tagging`.
    pub request_uri: Name,
    /// The URI, parsed.
    pub uri: UriTemplate,
    /// The status of success.
    pub response_code: u16,
}

/// What an operation says about checksums.
#[derive(Debug, Clone, Default)]
pub struct Checksum {
    /// The body needs a `Content-MD5`, if nothing else says its checksum.
    pub md5_required: bool,
    /// The body needs a checksum of one of the algorithms that the operation allows.
    pub required: bool,
    /// The input member that names the algorithm.
    pub request_algorithm_member: Option<Name>,
    /// The input member that asks for checksums in the response.
    pub request_validation_mode_member: Option<Name>,
    /// The algorithms that a response may use.
    pub response_algorithms: Vec<Name>,
}

/// Whether a name begins with a word, as `CheckNow` with `Check`; `Checkout` is another.
fn begins_with_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|next: char| next.is_lowercase()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_does_the_callers_work_is_known() {
        for (service, operation, expected) in [
            ("lambda", "Invoke", true),
            ("bedrock-runtime", "InvokeModel", true),
            ("bedrock-runtime", "ConverseStream", true),
            ("stepfunctions", "StartSyncExecution", true),
            ("stepfunctions", "StartExecution", false),
            ("lambda", "GetFunction", false),
        ] {
            let found = crate::catalog().service(service).unwrap();
            assert_eq!(found.operation(operation).unwrap().awaits_work(), expected, "{operation}");
        }
    }

    #[test]
    fn what_changes_something_is_not_taken_for_a_read() {
        for (service, operation, expected) in [
            ("ec2", "DescribeInstances", true),
            ("s3", "HeadBucket", true),
            ("dynamodb", "BatchGetItem", true),
            ("ec2", "TerminateInstances", false),
            ("s3", "PutObject", false),
            ("sqs", "ReceiveMessage", false),
            ("sts", "AssumeRole", false),
            ("license-manager", "CheckoutLicense", false),
            ("license-manager", "CheckInLicense", false),
            ("cognito-identity", "GetId", false),
        ] {
            let found = crate::catalog().service(service).unwrap();
            assert_eq!(found.operation(operation).unwrap().only_reads(), expected, "{operation}");
        }
    }
}
