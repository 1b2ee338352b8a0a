//! Small models, written as the published ones are, and messages as one text.

use reeve_model::{
    Operation, Service, Value, WireRequest, WireResponse, conform, decode_request, decode_response,
    encode_request_with, encode_response,
};
use serde_json::{Value as Json, json};

/// The token in the place of random ones.
pub(crate) const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

/// A service with one operation, `Act`, whose input and output are the shapes `Input` and `Output` where they exist.
pub(crate) struct Model {
    service: Service,
}

impl Model {
    /// `shapes` may leave out the scalars, which are called as their types are.
    pub(crate) fn new(metadata: &Json, http: &Json, shapes: &Json) -> Self {
        let mut all = json!({
            "String": {"type": "string"},
            "Blob": {"type": "blob"},
            "Boolean": {"type": "boolean"},
            "Integer": {"type": "integer"},
            "Long": {"type": "long"},
            "Float": {"type": "float"},
            "Double": {"type": "double"},
            "Timestamp": {"type": "timestamp"},
            "Strings": {"type": "list", "member": {"shape": "String"}},
        });
        let given = shapes.as_object().unwrap();
        all.as_object_mut().unwrap().extend(given.clone());
        let mut operation = json!({"name": "Act", "http": http});
        for (part, shape) in [("input", "Input"), ("output", "Output")] {
            if let Some(found) = given.get(shape) {
                operation[part] = json!({"shape": shape});
                for trait_name in ["locationName", "xmlNamespace", "resultWrapper"] {
                    if let Some(value) = found.get(trait_name) {
                        operation[part][trait_name] = value.clone();
                    }
                }
            }
        }
        for (name, value) in http["operation"].as_object().into_iter().flatten() {
            operation[name] = value.clone();
        }
        let model = json!({"metadata": metadata, "shapes": all, "operations": {"Act": operation}});
        Self { service: Service::from_json("small", &model).unwrap() }
    }

    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    pub(crate) fn operation(&self) -> &Operation {
        self.service.operation("Act").unwrap()
    }

    /// The request of an input, which a server reads as the same input again.
    #[track_caller]
    pub(crate) fn request(&self, input: &Json) -> WireRequest {
        let input = conform(&self.service, self.operation(), input).unwrap();
        let request = self.encode(&input);
        let (_, read) = decode_request(&self.service, &request).unwrap();
        assert_eq!(self.encode(&read), request, "after the way back");
        request
    }

    pub(crate) fn encode(&self, input: &Value) -> WireRequest {
        let mut token = || TOKEN.to_owned();
        let settings = reeve_model::RequestSettings::new(&mut token);
        encode_request_with(&self.service, self.operation(), input, settings).unwrap()
    }

    /// The output of a response, which a server writes so that it is read as the same output again.
    #[track_caller]
    pub(crate) fn output(&self, response: &WireResponse) -> Json {
        let output = decode_response(&self.service, self.operation(), response).unwrap();
        let protocol = self.service.metadata().protocol;
        let written =
            encode_response(&self.service, protocol, self.operation(), &output, "request-1");
        let again = decode_response(&self.service, self.operation(), &written.unwrap()).unwrap();
        assert_eq!(again, output, "after the way back");
        output.to_json()
    }
}

/// A response whose body is a text.
pub(crate) fn answer(headers: &[(&str, &str)], body: &str) -> WireResponse {
    WireResponse {
        status: 200,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.into(),
    }
}

/// Request line, headers and body, each on a line.
pub(crate) fn text(request: &WireRequest) -> String {
    let mut text = format!("{} {}\n", request.method, request.path_and_query());
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&String::from_utf8_lossy(&request.body));
    text.trim_end().to_owned()
}
