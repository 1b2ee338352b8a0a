//! What services of one family say in the same way: who is unknown, what is denied, when to slow down.
//!
//! The wire protocol alone does not decide it: EC2 and RDS both speak query, and refuse a caller in different words.

use reeve_model::{DecodeError, Protocol, Service};

use crate::failure::Failure;

/// A family of services with the same words for the same trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Ec2,
    Query,
    Json,
    RestJson,
    S3,
}

impl Dialect {
    /// How a service that the twin does not serve would word its refusals, going by its protocol.
    pub(crate) fn of(model: &Service) -> Self {
        match model.metadata().protocol {
            Protocol::Ec2 => Self::Ec2,
            Protocol::Query => Self::Query,
            Protocol::Json | Protocol::RpcV2Cbor => Self::Json,
            Protocol::RestJson | Protocol::RestXml => Self::RestJson,
        }
    }

    /// The request is for no operation of the service, or could not be read.
    pub(crate) fn undecodable(self, error: &DecodeError) -> Failure {
        match error {
            DecodeError::UnknownOperation { .. } => self.unknown_operation(&error.to_string()),
            _ => self.malformed(&error.to_string()),
        }
    }

    /// The access key id is not known, or its session token is wrong.
    pub(crate) fn unknown_key(self) -> Failure {
        const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
        match self {
            Self::Ec2 => Failure::new(
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            )
            .with_status(401),
            Self::Query => Failure::new("InvalidClientTokenId", INVALID_TOKEN).with_status(403),
            Self::Json => Failure::new("UnrecognizedClientException", INVALID_TOKEN),
            Self::RestJson => {
                Failure::new("UnrecognizedClientException", INVALID_TOKEN).with_status(403)
            }
            Self::S3 => Failure::new(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .with_status(403),
        }
    }

    /// The session is over.
    pub(crate) fn expired(self) -> Failure {
        const EXPIRED: &str = "The security token included in the request is expired";
        match self {
            Self::Ec2 => Failure::new("RequestExpired", "Request has expired."),
            Self::Query => Failure::new("ExpiredToken", EXPIRED).with_status(403),
            Self::Json => Failure::new("ExpiredTokenException", EXPIRED),
            Self::RestJson => Failure::new("ExpiredTokenException", EXPIRED).with_status(403),
            Self::S3 => Failure::new("ExpiredToken", "The provided token has expired."),
        }
    }

    /// The service failed inside.
    pub(crate) fn internal_error(self) -> Failure {
        const MESSAGE: &str = "An internal error has occurred";
        let code = match self {
            Self::Ec2 | Self::S3 => "InternalError",
            Self::Query | Self::Json => "InternalFailure",
            Self::RestJson => "InternalServerException",
        };
        Failure::new(code, MESSAGE).with_status(500)
    }

    /// The signature is not that of the secret.
    pub(crate) fn bad_signature(self) -> Failure {
        const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
                                Check your AWS Secret Access Key and signing method.";
        match self {
            Self::Ec2 => self.unknown_key(),
            Self::Query | Self::S3 => {
                Failure::new("SignatureDoesNotMatch", MISMATCH).with_status(403)
            }
            Self::Json => Failure::new("InvalidSignatureException", MISMATCH),
            Self::RestJson => Failure::new("InvalidSignatureException", MISMATCH).with_status(403),
        }
    }

    /// The caller's policies do not allow the action.
    pub(crate) fn denied(self, caller_arn: &str, action: &str, resource: &str) -> Failure {
        let message = format!(
            "User: {caller_arn} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        match self {
            Self::Ec2 => Failure::new(
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation. {message}"),
            )
            .with_status(403),
            Self::Query | Self::S3 => Failure::new("AccessDenied", message).with_status(403),
            Self::Json => Failure::new("AccessDeniedException", message),
            Self::RestJson => Failure::new("AccessDeniedException", message).with_status(403),
        }
    }

    /// The operation is not in the service's model.
    fn unknown_operation(self, reason: &str) -> Failure {
        match self {
            Self::Ec2 | Self::Query => Failure::new("InvalidAction", reason),
            Self::Json => Failure::new("UnknownOperationException", reason),
            Self::RestJson => Failure::new("UnknownOperationException", reason).with_status(404),
            Self::S3 => Failure::new("MethodNotAllowed", reason).with_status(405),
        }
    }

    /// The request could not be read.
    pub(crate) fn malformed(self, reason: &str) -> Failure {
        match self {
            Self::Ec2 | Self::Query => Failure::new("MalformedInput", reason),
            Self::Json | Self::RestJson => Failure::new("SerializationException", reason),
            Self::S3 => Failure::new("MalformedXML", reason),
        }
    }
}
