//! What browsers get of buckets without a signature: the answer to a preflight request, and the pages of websites.
//!
//! ```text
//! OPTIONS with an Origin                ─► the bucket's CORS rules ─► allowed, or 403
//! GET  bucket.s3-website-region.…/path  ─► page, index, redirect or error document
//! any answered call with an Origin      ─► the headers of the rule that allows it
//! ```

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use reeve_model::Value;

use super::{BUCKET, access, bucket};
use crate::{
    objects::Content, pattern::matches, store::Place, transport::bucket_of, twin::Twin,
    world::World,
};

/// The answer to a request that needs no signature, if it is one.
pub(crate) fn answer(twin: &Twin, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let host = host(request);
    let site = host.split_once(".s3-website-").or_else(|| host.split_once(".s3-website."));
    let is_preflight = request.method() == Method::OPTIONS
        && header(request, "origin").is_some()
        && header(request, "access-control-request-method").is_some();
    if site.is_none() && !is_preflight {
        return None;
    }
    let mut world = twin.lock();
    world.advance(twin.now());
    Some(match site {
        Some((name, _)) => page(&world, name, request),
        None => preflight(&world, request),
    })
}

/// Adds to an answered call what lets a page of another origin read it, if the bucket's rules do.
pub(crate) fn add_cors(twin: &Twin, request: &Request<Bytes>, response: &mut Response<Bytes>) {
    let Some(origin) = header(request, "origin") else { return };
    let world = twin.lock();
    let Some(rule) = rule(&world, request, (origin, request.method().as_str(), &[])) else {
        return;
    };
    add(response, &rule, origin);
}

fn host(request: &Request<Bytes>) -> &str {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    header(request, "host").or(authority).unwrap_or_default()
}

fn header<'r>(request: &'r Request<Bytes>, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

fn place_of(world: &World, name: &str) -> Option<Place> {
    let (account, region) = bucket::owner(world, name)?;
    Some(Place { account, region, kind: &BUCKET })
}

/// The first CORS rule of the bucket that a request is for that allows an origin, a method and headers.
fn rule(
    world: &World,
    request: &Request<Bytes>,
    (origin, method, headers): (&str, &str, &[&str]),
) -> Option<Value> {
    let of_path = || request.uri().path().split('/').nth(1);
    let name = bucket_of(host(request)).or_else(of_path)?;
    let fact = bucket::fact(world, &place_of(world, name)?, name, "CorsConfiguration")?;
    let allows =
        |rule: &&Value, member: &str, text: &str| texts(rule, member).any(|one| matches(one, text));
    let has_header = |rule: &&Value, header: &str| {
        texts(rule, "AllowedHeaders")
            .any(|one| matches(&one.to_ascii_lowercase(), &header.to_ascii_lowercase()))
    };
    let rules = fact.get("CORSRules").map_or(&[][..], Value::as_list).iter();
    let mut fitting = rules.filter(|rule| {
        allows(rule, "AllowedOrigins", origin)
            && texts(rule, "AllowedMethods").any(|one| one == method)
            && headers.iter().all(|header| has_header(rule, header))
    });
    fitting.next().cloned()
}

fn texts<'v>(rule: &'v Value, member: &str) -> impl Iterator<Item = &'v str> {
    rule.get(member).map_or(&[][..], Value::as_list).iter().filter_map(Value::as_str)
}

fn set(response: &mut Response<Bytes>, name: &'static str, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn add(response: &mut Response<Bytes>, rule: &Value, origin: &str) {
    let is_open = texts(rule, "AllowedOrigins").any(|one| one == "*");
    set(response, "access-control-allow-origin", if is_open { "*" } else { origin });
    if !is_open {
        set(response, "access-control-allow-credentials", "true");
    }
    let methods: Vec<&str> = texts(rule, "AllowedMethods").collect();
    set(response, "access-control-allow-methods", &methods.join(", "));
    let exposed: Vec<&str> = texts(rule, "ExposeHeaders").collect();
    if !exposed.is_empty() {
        set(response, "access-control-expose-headers", &exposed.join(", "));
    }
    if let Some(seconds) = rule.get("MaxAgeSeconds").and_then(Value::as_i64) {
        set(response, "access-control-max-age", &seconds.to_string());
    }
    let varies = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    set(response, "vary", varies);
}

fn preflight(world: &World, request: &Request<Bytes>) -> Response<Bytes> {
    let origin = header(request, "origin").unwrap_or_default();
    let method = header(request, "access-control-request-method").unwrap_or_default();
    let asked = header(request, "access-control-request-headers").unwrap_or_default();
    let headers: Vec<&str> =
        asked.split(',').map(str::trim).filter(|header| !header.is_empty()).collect();
    let Some(rule) = rule(world, request, (origin, method, &headers)) else {
        let message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessForbidden</Code><Message>{message}</Message><Method>{}</Method></Error>",
            Method::from_bytes(method.as_bytes()).unwrap_or_default(),
        );
        return made(StatusCode::FORBIDDEN, "application/xml", body.into_bytes());
    };
    let mut response = Response::new(Bytes::new());
    add(&mut response, &rule, origin);
    if !headers.is_empty() {
        set(&mut response, "access-control-allow-headers", &headers.join(", ").to_lowercase());
    }
    response
}

fn made(status: StatusCode, content_type: &str, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    set(&mut response, "content-type", content_type);
    response
}

fn redirect(status: StatusCode, to: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    set(&mut response, "location", to);
    response
}

fn plain(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let body = format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n<li>Code: {code}</li>\n<li>Message: {message}</li>\n</ul>\n<hr/>\n</body>\n</html>\n"
    );
    made(status, "text/html; charset=utf-8", body.into_bytes())
}

/// A bucket as a website.
struct Site<'w> {
    world: &'w World,
    place: Place,
    name: &'w str,
    configuration: Value,
}

fn page(world: &World, name: &str, request: &Request<Bytes>) -> Response<Bytes> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = "The specified method is not allowed against this resource.";
        return plain(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message);
    }
    let Some(place) = place_of(world, name) else {
        let message = "The specified bucket does not exist";
        return plain(StatusCode::NOT_FOUND, "NoSuchBucket", message);
    };
    let Some(configuration) = bucket::fact(world, &place, name, "WebsiteConfiguration") else {
        let message = "The specified bucket does not have a website configuration";
        return plain(StatusCode::NOT_FOUND, "NoSuchWebsiteConfiguration", message);
    };
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy();
    Site { world, place, name, configuration }.page(path.trim_start_matches('/'))
}

impl Site<'_> {
    fn text(&self, path: &str) -> Option<&str> {
        self.configuration.path(path).and_then(Value::as_str)
    }

    /// An object that anybody may read: none if it is not there, refused if not everybody may.
    fn read(&self, key: &str) -> Result<Option<&Content>, ()> {
        let version = self.world.objects.of(self.name).and_then(|contents| contents.current(key));
        let content = version.and_then(|version| version.content.as_deref());
        if !access::anybody_may_read(self.world, (&self.place, self.name), (key, content)) {
            return Err(());
        }
        Ok(content)
    }

    fn page(&self, path: &str) -> Response<Bytes> {
        if let Some(host) = self.text("RedirectAllRequestsTo.HostName") {
            let protocol = self.text("RedirectAllRequestsTo.Protocol").unwrap_or("http");
            let to = format!("{protocol}://{host}/{path}");
            return redirect(StatusCode::MOVED_PERMANENTLY, &to);
        }
        let index = self.text("IndexDocument.Suffix").unwrap_or("index.html");
        let is_folder = path.is_empty() || path.ends_with('/');
        let key = if is_folder { format!("{path}{index}") } else { path.to_owned() };
        match self.read(&key) {
            Ok(Some(content)) => match content.headers.get("WebsiteRedirectLocation") {
                Some(to) => redirect(StatusCode::MOVED_PERMANENTLY, to),
                None => shown(StatusCode::OK, content),
            },
            Ok(None)
                if !is_folder && matches!(self.read(&format!("{path}/{index}")), Ok(Some(_))) =>
            {
                redirect(StatusCode::FOUND, &format!("/{path}/"))
            }
            Ok(None) => {
                let message = "The specified key does not exist.";
                self.error((StatusCode::NOT_FOUND, "NoSuchKey", message))
            }
            Err(()) => self.error((StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")),
        }
    }

    fn error(&self, (status, code, message): (StatusCode, &str, &str)) -> Response<Bytes> {
        match self.text("ErrorDocument.Key").map(|key| self.read(key)) {
            Some(Ok(Some(content))) => shown(status, content),
            _ => plain(status, code, message),
        }
    }
}

fn shown(status: StatusCode, content: &Content) -> Response<Bytes> {
    let usual = "binary/octet-stream".to_owned();
    let of_type = content.headers.get("ContentType").unwrap_or(&usual);
    let mut response = made(status, of_type, content.body.bytes().to_vec());
    set(&mut response, "etag", &content.etag);
    response
}
