//! The JSON shapes of failures, in Rocket.Chat's order of fields, which differs from case to case. Knows no failure by name.

use crate::api::reply::{self, Response};
use serde::Serialize;
use warp::http::{HeaderName, HeaderValue, StatusCode};

/// An answer to a failure.
pub(super) struct Told {
    pub(super) status: StatusCode,
    body: Body,
    header: Option<(HeaderName, HeaderValue)>,
}

/// The JSON of a failure. The order of the fields is Rocket.Chat's, which differs from case to case.
#[derive(Serialize)]
#[serde(untagged)]
enum Body {
    Failure {
        success: bool,
        error: String,
        #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
        error_type: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<Details>,
    },
    Validation {
        success: bool,
        #[serde(rename = "errorType")]
        error_type: &'static str,
        error: String,
    },
    Legacy {
        success: bool,
        error: &'static str,
        status: &'static str,
        message: &'static str,
    },
    Login {
        success: bool,
        status: &'static str,
        error: &'static str,
        message: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<Details>,
    },
}

/// What Rocket.Chat tells beside the text.
#[derive(Serialize, Default)]
pub(super) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
    #[serde(rename = "helperMethod", skip_serializing_if = "Option::is_none")]
    pub(super) helper_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function: Option<&'static str>,
}

impl Told {
    fn new(status: StatusCode, body: Body) -> Self {
        Self {
            status,
            body,
            header: None,
        }
    }

    /// A thrown Meteor error with a reason.
    pub(super) fn failure(code: &'static str, reason: &str) -> Self {
        let body = Body::Failure {
            success: false,
            error: format!("{reason} [{code}]"),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// A thrown Meteor error without one.
    pub(super) fn coded(code: &'static str) -> Self {
        let body = Body::Failure {
            success: false,
            error: format!("[{code}]"),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// `API.v1.failure(text, type)`: the text without the code.
    pub(super) fn failure_without_code(text: &str, code: &'static str) -> Self {
        let body = Body::Failure {
            success: false,
            error: text.to_owned(),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// A text and nothing else.
    pub(super) fn bare(status: StatusCode, text: &str) -> Self {
        Self::new(
            status,
            Body::Failure {
                success: false,
                error: text.to_owned(),
                error_type: None,
                details: None,
            },
        )
    }

    /// What ajv refused.
    pub(super) fn validation(error_type: &'static str, error: String) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Body::Validation {
                success: false,
                error_type,
                error,
            },
        )
    }

    /// The shape of before 9.0.
    pub(super) fn legacy(status: StatusCode, text: &'static str) -> Self {
        Self::new(
            status,
            Body::Legacy {
                success: false,
                error: text,
                status: "error",
                message: text,
            },
        )
    }

    pub(super) fn login(
        error: &'static str,
        message: &'static str,
        details: Option<Details>,
    ) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Body::Login {
                success: false,
                status: "error",
                error,
                message,
                details,
            },
        )
    }

    pub(super) fn details(mut self, new: Details) -> Self {
        if let Body::Failure { details, .. } = &mut self.body {
            *details = Some(new);
        }
        self
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
        let body = reply::with_status(self.status, &self.body);
        // A failure's body is made of texts, and texts are always JSON.
        let mut response = body.unwrap_or_else(|_| Response::new(r#"{"success":false}"#.into()));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
