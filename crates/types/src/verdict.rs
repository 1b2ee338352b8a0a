//! Verdicts: pass, fail, or unknown with what stood in the way.

use std::fmt;

/// What was found when something was checked.
///
/// "Could not look" is [`Verdict::Unknown`], never a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Pass,
    /// It is not as it should be.
    Fail,
    /// It could not be looked at.
    Unknown(Unknown),
}

/// What stood in the way of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The call that failed, as `service:Operation`; empty if no call was reached.
    pub call: String,
    /// The IAM permission that was missing, such as `ec2:DescribeInstances`, if the call was denied.
    pub missing_permission: Option<String>,
    /// What happened, in words.
    pub message: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.missing_permission {
            Some(permission) => {
                write!(formatter, "missing permission `{permission}`: {}", self.message)
            }
            None => formatter.write_str(&self.message),
        }
    }
}
