//! Signature Version 4, from the receiving end: which key signed a request for what, and whether it really did.
//!
//! The age of a signature is not checked: the twin's clock may stand or be moved, and its clients' clocks with it or not.

use http::{HeaderMap, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    digest::{hmac, sha256},
    transport::text_of,
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

/// What a request says about its signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) region: String,
    /// The service it was signed for.
    pub(crate) service: String,
    pub(crate) session_token: Option<String>,
    date: String,
    time: String,
    signed_headers: Vec<String>,
    signature: String,
    presigned: bool,
}

/// A request as signing sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'r> {
    pub(crate) method: &'r str,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
}

impl Authorization {
    /// Reads the `Authorization` header, or the query of a presigned URL.
    pub(crate) fn read(request: &Signed<'_>) -> Option<Self> {
        match header(request.headers, "authorization") {
            Some(text) => Self::from_header(&text, request.headers),
            None => Self::from_query(request.uri),
        }
    }

    fn from_header(text: &str, headers: &HeaderMap) -> Option<Self> {
        let fields = text.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut fields = fields.split(',').map(str::trim);
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        let time = header(headers, "x-amz-date")?;
        let session_token = header(headers, "x-amz-security-token");
        Self::build(field("Credential")?, field("SignedHeaders")?, field("Signature")?, time)
            .map(|read| Self { session_token, ..read })
    }

    fn from_query(uri: &Uri) -> Option<Self> {
        let query = query_pairs(uri);
        let field = |name: &str| {
            let found = query.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return None;
        }
        let (credential, headers) = (field("X-Amz-Credential")?, field("X-Amz-SignedHeaders")?);
        let (signature, time) = (field("X-Amz-Signature")?, field("X-Amz-Date")?);
        let session_token = field("X-Amz-Security-Token");
        Self::build(&credential, &headers, &signature, time).map(|read| Self {
            session_token,
            presigned: true,
            ..read
        })
    }

    fn build(credential: &str, headers: &str, signature: &str, time: String) -> Option<Self> {
        let mut scope = credential.split('/');
        let mut part = || scope.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let (access_key_id, date, region, service) = (part()?, part()?, part()?, part()?);
        Some(Self {
            access_key_id,
            region,
            service,
            session_token: None,
            date,
            time,
            signed_headers: headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
            presigned: false,
        })
    }

    /// Whether the holder of `secret` signed this request.
    pub(crate) fn is_by(&self, secret: &str, request: &Signed<'_>) -> bool {
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let canonical = hex::encode(sha256(self.canonical(request).as_bytes()));
        let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{canonical}", self.time);
        let steps = [&self.date, &self.region, &self.service, "aws4_request"];
        let first = format!("AWS4{secret}").into_bytes();
        let key = steps.iter().fold(first, |key, step| hmac(&key, step.as_bytes()).to_vec());
        hex::encode(hmac(&key, to_sign.as_bytes())) == self.signature
    }

    fn canonical(&self, request: &Signed<'_>) -> String {
        let path = request.uri.path();
        let path = if self.service == "s3" {
            // S3 signs the path as it is sent; it may still differ in which characters are escaped.
            utf8_percent_encode(&decode(path), UNRESERVED_AND_SLASH).to_string()
        } else {
            utf8_percent_encode(path, UNRESERVED_AND_SLASH).to_string()
        };
        let headers = self.signed_headers.iter();
        let headers: Vec<String> =
            headers.map(|name| format!("{name}:{}\n", header_value(name, request))).collect();
        let headers = headers.concat();
        let names = self.signed_headers.join(";");
        let query = self.canonical_query(request.uri);
        let payload = self.payload_hash(request);
        format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload}", request.method)
    }

    fn canonical_query(&self, uri: &Uri) -> String {
        let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
        let mut pairs: Vec<(String, String)> = query_pairs(uri)
            .into_iter()
            .filter(|(key, _)| !(self.presigned && key == "X-Amz-Signature"))
            .map(|(key, value)| (encode(&key), encode(&value)))
            .collect();
        pairs.sort();
        let pairs: Vec<String> =
            pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        pairs.join("&")
    }

    fn payload_hash(&self, request: &Signed<'_>) -> String {
        match header(request.headers, "x-amz-content-sha256") {
            Some(claimed) if !is_digest(&claimed) => claimed,
            // A claimed digest is checked by taking the real one.
            _ if self.presigned && self.service == "s3" => "UNSIGNED-PAYLOAD".to_owned(),
            _ => hex::encode(sha256(request.body)),
        }
    }
}

fn header_value(name: &str, request: &Signed<'_>) -> String {
    let values = request.headers.get_all(name).iter();
    let values: Vec<String> = values.map(text_of).map(|text| single_spaced(&text)).collect();
    match request.uri.authority() {
        // In-process clients give the host in the URL only.
        Some(authority) if name == "host" && values.is_empty() => authority.to_string(),
        _ => values.join(","),
    }
}

/// The text without spaces around it, and with one where there are several.
fn single_spaced(text: &str) -> String {
    if text.contains("  ") || text.contains('\t') {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    text.trim().to_owned()
}

/// The decoded pairs of a query string, in order.
pub(crate) fn query_pairs(uri: &Uri) -> Vec<(String, String)> {
    let query = uri.query().unwrap_or_default();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(&key.replace('+', " ")), decode(&value.replace('+', " "))))
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(text_of)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Signature Version 4 documentation: ListUsers signed for IAM.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn headers() -> HeaderMap {
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
        );
        let mut headers = HeaderMap::new();
        headers.insert("authorization", authorization.parse().unwrap());
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        headers.insert("content-type", form.parse().unwrap());
        headers.insert("host", "iam.amazonaws.com".parse().unwrap());
        headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        headers
    }

    #[test]
    fn the_documented_example_is_by_its_secret_and_by_no_other() {
        let (headers, uri) = (headers(), "/?Action=ListUsers&Version=2010-05-08".parse().unwrap());
        let request = Signed { method: "GET", uri: &uri, headers: &headers, body: b"" };
        let authorization = Authorization::read(&request).unwrap();
        assert_eq!(authorization.access_key_id, "AKIDEXAMPLE");
        assert_eq!((&*authorization.region, &*authorization.service), ("us-east-1", "iam"));
        assert!(authorization.is_by(SECRET, &request));
        assert!(!authorization.is_by("another", &request));
        let tampered = "/?Action=DeleteUser&Version=2010-05-08".parse().unwrap();
        assert!(!authorization.is_by(SECRET, &Signed { uri: &tampered, ..request }));
    }

    #[test]
    fn a_request_without_a_signature_has_no_authorization() {
        let (headers, uri) = (HeaderMap::new(), "/?X-Amz-Date=1".parse().unwrap());
        let request = Signed { method: "GET", uri: &uri, headers: &headers, body: b"" };
        assert_eq!(Authorization::read(&request), None);
    }
}
