//! The JSON shapes of failures. The order of the fields is Rocket.Chat's and differs by shape. The
//! content (code, reason, details) is separate from the shape.

use super::details::{Details, Extra, Reason};
use super::method_error::{Code, MethodError, message};
use crate::api::http::json::{self, Response};
use serde::Serialize;
use std::borrow::Cow;
use warp::http::{HeaderName, HeaderValue, StatusCode};

/// A rendered failure: the body of a response, or the error of a realtime method.
pub(super) struct ErrorReply {
    pub(super) status: StatusCode,
    pub(super) shape: Shape,
    pub(super) code: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) details: Option<Extra>,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

/// The kind of Rocket.Chat failure that a body imitates.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A thrown Meteor error: the reason followed by the code.
    Thrown,
    /// `API.v1.failure(text, type)`: the reason without the code.
    Failure,
    /// `API.v1.forbidden()` without a text.
    Forbidden,
    /// Refused by Meteor's check.
    Check,
    /// Refused by ajv.
    Validation,
    /// The shape from before 9.0.
    Legacy,
    /// A failed login.
    Login,
}

impl ErrorReply {
    fn new(
        status: StatusCode,
        shape: Shape,
        code: Option<&'static str>,
        reason: Option<String>,
    ) -> Self {
        Self {
            status,
            shape,
            code,
            reason,
            details: None,
            header: None,
        }
    }

    /// A thrown Meteor error with a reason.
    pub(super) fn failure(code: &'static str, reason: &str) -> Self {
        let (status, reason) = (StatusCode::BAD_REQUEST, Some(reason.to_owned()));
        Self::new(status, Shape::Thrown, Some(code), reason)
    }

    /// The request names a user who does not exist.
    pub(super) fn unknown_user() -> Self {
        let text =
            "The required \"userId\" or \"username\" param provided does not match any users";
        Self::failure("error-invalid-user", text)
    }

    /// A forbidden action, with its name and that of the method in Rocket.Chat.
    pub(super) fn not_allowed(text: &str, method: &'static str, action: &'static str) -> Self {
        Self::failure("error-action-not-allowed", text).details(Details {
            action: Some(action),
            ..Details::by(method)
        })
    }

    /// A thrown Meteor error without a reason.
    pub(super) fn coded(code: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Shape::Thrown, Some(code), None)
    }

    /// `API.v1.failure(text, type)`: the text without the code.
    pub(super) fn failure_without_code(text: &str, code: &'static str) -> Self {
        let (status, reason) = (StatusCode::BAD_REQUEST, Some(text.to_owned()));
        Self::new(status, Shape::Failure, Some(code), reason)
    }

    /// Only a text.
    pub(super) fn bare(status: StatusCode, text: &str) -> Self {
        Self::new(status, Shape::Failure, None, Some(text.to_owned()))
    }

    /// Something that only the user themself may do, or a user with a permission.
    pub(super) fn forbidden() -> Self {
        let (status, text) = (StatusCode::FORBIDDEN, Some("unauthorized".to_owned()));
        Self::new(status, Shape::Forbidden, None, text)
    }

    /// Only `success: false`.
    pub(super) fn silent() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Shape::Failure, None, None)
    }

    /// Refused by Meteor's check.
    pub(super) fn no_match(text: &str) -> Self {
        let (status, shape) = (StatusCode::BAD_REQUEST, Shape::Check);
        Self::new(status, shape, None, Some(text.to_owned()))
    }

    /// Refused by ajv.
    pub(super) fn validation(error_type: &'static str, error: String) -> Self {
        let (status, shape) = (StatusCode::BAD_REQUEST, Shape::Validation);
        Self::new(status, shape, Some(error_type), Some(error))
    }

    /// The shape from before 9.0.
    pub(super) fn legacy(status: StatusCode, text: &'static str) -> Self {
        Self::new(status, Shape::Legacy, None, Some(text.to_owned()))
    }

    pub(super) fn login(
        error: &'static str,
        message: &'static str,
        details: Option<Details>,
    ) -> Self {
        let (status, reason) = (StatusCode::UNAUTHORIZED, Some(message.to_owned()));
        Self {
            details: details.map(Extra::Details),
            ..Self::new(status, Shape::Login, Some(error), reason)
        }
    }

    pub(super) fn details(self, details: Details) -> Self {
        Self {
            details: Some(Extra::Details(details)),
            ..self
        }
    }

    /// Adds a list of problems.
    pub(super) fn reasons(self, reasons: Vec<Reason>) -> Self {
        Self {
            details: Some(Extra::Reasons(reasons)),
            ..self
        }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn header(self, name: HeaderName, value: &str) -> Self {
        Self {
            header: HeaderValue::from_str(value).ok().map(|value| (name, value)),
            ..self
        }
    }

    pub(super) fn into_response(self) -> Response {
        let body = json::with_status(self.status, &self.body());
        // A failure's body consists of strings, which always serialise to JSON.
        let mut response = body.unwrap_or_else(|_| Response::new(r#"{"success":false}"#.into()));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// Converts the failure to the error of a realtime method. Like Meteor, it hides the details of
    /// failed checks. The errors of methods are Rocket.Chat's alone, without hints.
    pub(super) fn into_method_error(self) -> MethodError {
        match self.shape {
            Shape::Check | Shape::Validation => {
                MethodError::new(Code::Number(400), Some("Match failed".to_owned()), None)
            }
            Shape::Thrown | Shape::Failure | Shape::Forbidden | Shape::Legacy | Shape::Login => {
                let status = Code::Number(self.status.as_u16());
                let code = self.code.map_or(status, Code::Text);
                let details = self.details.map(Extra::without_hint);
                MethodError::new(code, self.reason, details)
            }
        }
    }

    fn body(&self) -> Body<'_> {
        let reason = self.reason.as_deref();
        let details = self.details.as_ref();
        match self.shape {
            Shape::Thrown => Body::Failure {
                success: false,
                error: Some(message(reason, self.code.unwrap_or_default()).into()),
                error_type: self.code,
                details,
            },
            Shape::Failure | Shape::Forbidden | Shape::Check => Body::Failure {
                success: false,
                error: reason.map(Cow::Borrowed),
                error_type: self.code,
                details,
            },
            Shape::Validation => Body::Validation {
                success: false,
                error_type: self.code,
                error: reason,
                details,
            },
            Shape::Legacy => Body::Legacy {
                success: false,
                error: reason,
                status: "error",
                message: reason,
            },
            Shape::Login => Body::Login {
                success: false,
                status: "error",
                error: self.code,
                message: reason,
                details,
            },
        }
    }
}

/// The JSON of a failure. The order of the fields is Rocket.Chat's and differs by shape.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Failure {
        success: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Cow<'a, str>>,
        #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
        error_type: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a Extra>,
    },
    Validation {
        success: bool,
        #[serde(rename = "errorType")]
        error_type: Option<&'static str>,
        error: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a Extra>,
    },
    Legacy {
        success: bool,
        error: Option<&'a str>,
        status: &'static str,
        message: Option<&'a str>,
    },
    Login {
        success: bool,
        status: &'static str,
        error: Option<&'static str>,
        message: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a Extra>,
    },
}
