//! What XML error bodies have in common: `<ErrorResponse><Error>`, `<Response><Errors><Error>`, and S3's bare `<Error>`.

use crate::codec::{error::DecodeError, xml::reader::XmlReader};

/// The fields of an error body.
#[derive(Debug, Default)]
pub(crate) struct ErrorBody {
    /// The error's code.
    pub(crate) code: String,
    /// The error's message.
    pub(crate) message: String,
    /// `Sender` or `Receiver`.
    pub(crate) fault: Option<String>,
    /// The request's id.
    pub(crate) request_id: Option<String>,
    /// The elements between the root and the error's fields.
    pub(crate) way: &'static [&'static str],
}

/// Reads an error body; none if the document is something else.
pub(crate) fn read_error(body: &[u8]) -> Result<Option<ErrorBody>, DecodeError> {
    let mut reader = XmlReader::new(body)?;
    let way: &'static [&'static str] = match reader.root()?.name() {
        "Error" => &[],
        "ErrorResponse" => &["Error"],
        "Response" => &["Errors", "Error"],
        _ => return Ok(None),
    };
    let mut error = ErrorBody { way, ..ErrorBody::default() };
    read_level(&mut reader, &mut error, way)?;
    reader.finish()?;
    Ok(Some(error))
}

fn read_level(
    reader: &mut XmlReader<'_>,
    error: &mut ErrorBody,
    way: &[&str],
) -> Result<(), DecodeError> {
    while let Some(child) = reader.child()? {
        match (child.name(), way) {
            ("RequestId" | "RequestID", _) => error.request_id = Some(reader.text()?.into_owned()),
            (name, [next, deeper @ ..]) if name == *next => read_level(reader, error, deeper)?,
            ("Code", []) => error.code = reader.text()?.trim().to_owned(),
            ("Message" | "message", []) => error.message = reader.text()?.into_owned(),
            ("Type", []) => error.fault = Some(reader.text()?.into_owned()),
            _ => reader.skip()?,
        }
    }
    Ok(())
}
