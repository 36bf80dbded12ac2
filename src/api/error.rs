//! How every failure is told: status and JSON, in Rocket.Chat's words. The only place that knows both the domain's errors and status
//! codes; a new variant of either fails to compile here and nowhere else.
//!
//! Sources of the oddities: `apps/meteor/server/api/ApiClass.ts` (a thrown code C with reason R becomes 400 `"R [C]"`; 401 carries the
//! legacy `status` and `message`), `insertOrUpdateUserStatus.ts`, `deleteCustomUserStatus.ts`, `custom-user-status.ts`.
//! `not_authorized` is none of the codes that the router makes a 403 of, so it is a 400.
#![deny(clippy::wildcard_enum_match_arm)]

use super::reply::{self, Response};
use super::request::RequestId;
use crate::domain::{Blocked, Error, Field, Permission, Problem, What};
use serde::Serialize;
use std::any::Any;
use std::convert::Infallible;
use std::time::Duration;
use warp::http::{HeaderValue, Method, StatusCode, header};

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(super) enum ApiError {
    /// A use case failed.
    Domain(Error),
    /// Deleting a status failed, where Rocket.Chat tells an unknown id in words of its own.
    Delete(Error),
    /// The permission that guards the whole route is missing.
    RouteForbidden,
    /// A body's field cannot be read.
    InvalidParams(String),
    /// A query's parameter cannot be read.
    InvalidQuery(String),
    /// `sort` cannot be read; the raw text.
    InvalidSort(String),
    /// `updatedSince` is no date.
    InvalidDate,
    /// Too many parameters.
    QueryTooLong,
    /// No such path.
    UnknownRoute,
    /// The path is known under other methods: the value of `Allow`.
    WrongMethod(String),
    /// The body is over the limit.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The body broke off.
    BrokenBody,
    /// The handler panicked; the message.
    Panicked(String),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl ApiError {
    /// A field of the body is wrong, in ajv's words.
    pub(super) fn invalid_params(text: impl Into<String>) -> Self {
        Self::InvalidParams(text.into())
    }

    /// A parameter of the query is wrong, in ajv's words.
    pub(super) fn invalid_query(text: impl Into<String>) -> Self {
        Self::InvalidQuery(text.into())
    }

    pub(super) fn missing_property(field: &str) -> Self {
        Self::InvalidParams(format!("must have required property '{field}'"))
    }

    /// The path is known under these methods only.
    pub(super) fn wrong_method<'a>(known: impl Iterator<Item = &'a Method>) -> Self {
        let mut allow: Vec<&str> = known.map(Method::as_str).collect();
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        allow.push("OPTIONS");
        Self::WrongMethod(allow.join(", "))
    }

    pub(super) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("no message").to_owned())
    }

    /// The response. What is our fault is logged here, once, with the request's id, and not told.
    pub(super) fn into_response(self, request_id: &RequestId) -> Response {
        let told = tell(&self);
        let request_id = request_id.as_str();
        if let Self::Domain(Error::Internal(source)) | Self::Delete(Error::Internal(source)) = &self
        {
            tracing::error!(request_id, error = %source, "a request failed");
        } else if let Self::Panicked(message) = &self {
            tracing::error!(request_id, error = message, "a request panicked");
        } else if told.status.is_server_error() {
            tracing::warn!(request_id, error = ?self, "a request was put off");
        }
        told.into_response()
    }
}

/// An answer to a failure.
struct Told {
    status: StatusCode,
    body: Body,
    header: Option<(header::HeaderName, HeaderValue)>,
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

#[derive(Serialize, Default)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(rename = "helperMethod", skip_serializing_if = "Option::is_none")]
    helper_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'static str>,
}

fn tell(error: &ApiError) -> Told {
    match error {
        ApiError::Domain(error) => tell_domain(error),
        ApiError::Delete(Error::NotFound(_)) => Told::failure(
            "Custom_User_Status_Error_Invalid_User_Status",
            "Invalid user status",
        )
        .details(Details {
            method: Some("deleteCustomUserStatus"),
            ..Details::default()
        }),
        ApiError::Delete(error) => tell_domain(error),
        ApiError::RouteForbidden => {
            let text =
                "User does not have the permissions required for this action [error-unauthorized]";
            Told::bare(StatusCode::FORBIDDEN, text)
        }
        ApiError::InvalidParams(text) => Told::validation("invalid-params", text.clone()),
        ApiError::InvalidQuery(text) => Told::validation("error-invalid-params", text.clone()),
        ApiError::InvalidSort(raw) => Told::failure(
            "error-invalid-sort",
            &format!("Invalid sort parameter provided: \"{raw}\""),
        )
        .details(Details {
            helper_method: Some("parseJsonQuery"),
            ..Details::default()
        }),
        ApiError::InvalidDate => Told::failure(
            "error-roomId-param-invalid",
            "The \"updatedSince\" query parameter must be a valid date.",
        ),
        ApiError::QueryTooLong => Told::bare(StatusCode::BAD_REQUEST, "Invalid query parameters"),
        ApiError::UnknownRoute => {
            Told::legacy(StatusCode::NOT_FOUND, "API endpoint does not exist")
        }
        ApiError::WrongMethod(allow) => Told::legacy(
            StatusCode::METHOD_NOT_ALLOWED,
            "API endpoint does not allow this method",
        )
        .header(header::ALLOW, allow),
        ApiError::TooLarge => {
            let text = format!("The body is larger than {} bytes", super::body::LIMIT);
            Told::failure("error-body-too-large", &text).status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        ApiError::TooSlow => {
            Told::failure("error-body-too-slow", "The body did not arrive in time")
                .status(StatusCode::REQUEST_TIMEOUT)
                .header(header::CONNECTION, "close")
        }
        ApiError::BrokenBody => Told::failure("error-body-broken", "The body could not be read"),
        ApiError::Panicked(_) => {
            Told::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

fn tell_domain(error: &Error) -> Told {
    match error {
        Error::Unauthenticated => Told::legacy(
            StatusCode::UNAUTHORIZED,
            "You must be logged in to do this.",
        ),
        Error::LoginRefused => Told::login("Unauthorized", "Unauthorized", None),
        Error::Deactivated => {
            let details = Details {
                function: Some("Accounts.validateLoginAttempt"),
                ..Details::default()
            };
            Told::login(
                "error-user-is-not-activated",
                "User is not activated",
                Some(details),
            )
        }
        Error::LoginBlocked {
            blocked: Blocked::User,
            ..
        } => Told::login(
            "error-login-blocked-for-user",
            "Login has been temporarily blocked For User",
            None,
        ),
        Error::LoginBlocked {
            blocked: Blocked::Address,
            ..
        } => Told::login(
            "error-login-blocked-for-ip",
            "Login has been temporarily blocked For IP",
            None,
        ),
        Error::Forbidden {
            needs: Permission::ManageUserStatus,
        } => Told::coded("not_authorized"),
        Error::Forbidden {
            needs: Permission::AccessPermissions | Permission::ViewStatistics,
        } => Told::bare(StatusCode::FORBIDDEN, "unauthorized"),
        Error::Invalid { field, problem } => tell_invalid(*field, problem),
        Error::NameTaken => Told::failure(
            "Custom_User_Status_Error_Name_Already_In_Use",
            "The custom user status name is already in use",
        )
        .details(Details {
            method: Some(STATUS_METHOD),
            ..Details::default()
        }),
        Error::NotFound(What::Status(id)) => Told::bare(
            StatusCode::BAD_REQUEST,
            &format!("No custom user status found with the id of \"{id}\"."),
        ),
        Error::NotFound(What::User(_) | What::Login(_)) => {
            Told::failure("error-invalid-user", "Invalid user")
        }
        Error::Unavailable { retry_after } => Told::failure(
            "error-service-unavailable",
            "The server is busy, full or stopping. Please try again",
        )
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .header(header::RETRY_AFTER, &seconds(*retry_after).to_string()),
        Error::Internal(_) => {
            Told::bare(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

const STATUS_METHOD: &str = "insertOrUpdateUserStatus";

fn tell_invalid(field: Field, problem: &Problem) -> Told {
    let (name, kind, method) = match field {
        Field::Name => ("Name", "name", Some(STATUS_METHOD)),
        Field::StatusType => ("StatusType", "status type", Some(STATUS_METHOD)),
        Field::Permission => {
            return Told::failure_without_code("Invalid permission", "error-invalid-permission");
        }
        Field::Role => return Told::failure_without_code("Invalid role", "error-invalid-role"),
        Field::Username => ("Username", "username", None),
        Field::Email => ("Email", "email", None),
        Field::Password => ("Password", "password", None),
        Field::TokenName => ("TokenName", "token name", None),
    };
    let details = Details {
        method,
        field: Some(name),
        ..Details::default()
    };
    match problem {
        Problem::Missing => Told::failure(
            "error-the-field-is-required",
            &format!("The field {name} is required"),
        )
        .details(details),
        Problem::NotValid(input) => Told::failure(
            "error-input-is-not-a-valid-field",
            &format!("{input} is not a valid {kind}"),
        )
        .details(Details {
            input: Some(input.clone()),
            ..details
        }),
        Problem::Unknown => Told::failure(
            "error-input-is-not-a-valid-field",
            &format!("Unknown {kind}"),
        )
        .details(details),
        Problem::Taken(input) => Told::failure(
            "error-field-unavailable",
            &format!("{input} is already in use"),
        )
        .details(details),
    }
}

/// Whole seconds, rounded up: coming back too early is no use.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
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
    fn failure(code: &'static str, reason: &str) -> Self {
        let body = Body::Failure {
            success: false,
            error: format!("{reason} [{code}]"),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// A thrown Meteor error without one.
    fn coded(code: &'static str) -> Self {
        let body = Body::Failure {
            success: false,
            error: format!("[{code}]"),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// `API.v1.failure(text, type)`: the text without the code.
    fn failure_without_code(text: &str, code: &'static str) -> Self {
        let body = Body::Failure {
            success: false,
            error: text.to_owned(),
            error_type: Some(code),
            details: None,
        };
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// A text and nothing else.
    fn bare(status: StatusCode, text: &str) -> Self {
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
    fn validation(error_type: &'static str, error: String) -> Self {
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
    fn legacy(status: StatusCode, text: &'static str) -> Self {
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

    fn login(error: &'static str, message: &'static str, details: Option<Details>) -> Self {
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

    fn details(mut self, new: Details) -> Self {
        if let Body::Failure { details, .. } = &mut self.body {
            *details = Some(new);
        }
        self
    }

    fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    fn header(self, name: header::HeaderName, value: &str) -> Self {
        Self {
            header: HeaderValue::from_str(value).ok().map(|value| (name, value)),
            ..self
        }
    }

    fn into_response(self) -> Response {
        let body = reply::with_status(self.status, &self.body);
        // A failure's body is made of texts, and texts are always JSON.
        let mut response = body.unwrap_or_else(|_| Response::new(r#"{"success":false}"#.into()));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What warp's own filters refuse, before a request has an id. None of those in use does; the type cannot say so.
pub(super) async fn unreadable(_: warp::Rejection) -> Result<Response, Infallible> {
    Ok(tell(&ApiError::UnknownRoute).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(error: ApiError) -> (u16, String) {
        let response = error.into_response(&RequestId::new(1));
        let status = response.status().as_u16();
        let body = http_body_util::BodyExt::collect(response.into_body())
            .await
            .unwrap()
            .to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn not_valid(text: &str) -> Problem {
        Problem::NotValid(text.to_owned())
    }

    #[tokio::test]
    async fn every_failure_has_its_status_and_its_bytes() {
        let secret = "disk /dev/sda1 on fire";
        #[rustfmt::skip]
        let table: Vec<(ApiError, u16, &str)> = vec![
            (Error::Unauthenticated.into(), 401, r#"{"success":false,"error":"You must be logged in to do this.","status":"error","message":"You must be logged in to do this."}"#),
            (Error::LoginRefused.into(), 401, r#"{"success":false,"status":"error","error":"Unauthorized","message":"Unauthorized"}"#),
            (Error::Deactivated.into(), 401, r#"{"success":false,"status":"error","error":"error-user-is-not-activated","message":"User is not activated","details":{"function":"Accounts.validateLoginAttempt"}}"#),
            (Error::LoginBlocked { blocked: Blocked::User, until: crate::domain::Timestamp::from_millis(0) }.into(), 401, r#"{"success":false,"status":"error","error":"error-login-blocked-for-user","message":"Login has been temporarily blocked For User"}"#),
            (Error::LoginBlocked { blocked: Blocked::Address, until: crate::domain::Timestamp::from_millis(0) }.into(), 401, r#"{"success":false,"status":"error","error":"error-login-blocked-for-ip","message":"Login has been temporarily blocked For IP"}"#),
            (Error::Forbidden { needs: Permission::ManageUserStatus }.into(), 400, r#"{"success":false,"error":"[not_authorized]","errorType":"not_authorized"}"#),
            (Error::Forbidden { needs: Permission::AccessPermissions }.into(), 403, r#"{"success":false,"error":"unauthorized"}"#),
            (Error::Invalid { field: Field::Name, problem: Problem::Missing }.into(), 400, r#"{"success":false,"error":"The field Name is required [error-the-field-is-required]","errorType":"error-the-field-is-required","details":{"method":"insertOrUpdateUserStatus","field":"Name"}}"#),
            (Error::Invalid { field: Field::Name, problem: not_valid("a<b") }.into(), 400, r#"{"success":false,"error":"a<b is not a valid name [error-input-is-not-a-valid-field]","errorType":"error-input-is-not-a-valid-field","details":{"method":"insertOrUpdateUserStatus","input":"a<b","field":"Name"}}"#),
            (Error::Invalid { field: Field::StatusType, problem: Problem::Missing }.into(), 400, r#"{"success":false,"error":"The field StatusType is required [error-the-field-is-required]","errorType":"error-the-field-is-required","details":{"method":"insertOrUpdateUserStatus","field":"StatusType"}}"#),
            (Error::Invalid { field: Field::StatusType, problem: not_valid("Offline") }.into(), 400, r#"{"success":false,"error":"Offline is not a valid status type [error-input-is-not-a-valid-field]","errorType":"error-input-is-not-a-valid-field","details":{"method":"insertOrUpdateUserStatus","input":"Offline","field":"StatusType"}}"#),
            (Error::Invalid { field: Field::Permission, problem: Problem::Unknown }.into(), 400, r#"{"success":false,"error":"Invalid permission","errorType":"error-invalid-permission"}"#),
            (Error::Invalid { field: Field::Username, problem: Problem::Taken("ann".into()) }.into(), 400, r#"{"success":false,"error":"ann is already in use [error-field-unavailable]","errorType":"error-field-unavailable","details":{"field":"Username"}}"#),
            (Error::Invalid { field: Field::Role, problem: Problem::Unknown }.into(), 400, r#"{"success":false,"error":"Invalid role","errorType":"error-invalid-role"}"#),
            (Error::NameTaken.into(), 400, r#"{"success":false,"error":"The custom user status name is already in use [Custom_User_Status_Error_Name_Already_In_Use]","errorType":"Custom_User_Status_Error_Name_Already_In_Use","details":{"method":"insertOrUpdateUserStatus"}}"#),
            (Error::NotFound(What::Status("x".into())).into(), 400, r#"{"success":false,"error":"No custom user status found with the id of \"x\"."}"#),
            (ApiError::Delete(Error::NotFound(What::Status("x".into()))), 400, r#"{"success":false,"error":"Invalid user status [Custom_User_Status_Error_Invalid_User_Status]","errorType":"Custom_User_Status_Error_Invalid_User_Status","details":{"method":"deleteCustomUserStatus"}}"#),
            (Error::UNAVAILABLE.into(), 503, r#"{"success":false,"error":"The server is busy, full or stopping. Please try again [error-service-unavailable]","errorType":"error-service-unavailable"}"#),
            (Error::internal(secret).into(), 500, r#"{"success":false,"error":"Internal server error"}"#),
            (ApiError::Panicked(secret.to_owned()), 500, r#"{"success":false,"error":"Internal server error"}"#),
            (ApiError::RouteForbidden, 403, r#"{"success":false,"error":"User does not have the permissions required for this action [error-unauthorized]"}"#),
            (ApiError::missing_property("name"), 400, r#"{"success":false,"errorType":"invalid-params","error":"must have required property 'name'"}"#),
            (ApiError::invalid_query("must be number"), 400, r#"{"success":false,"errorType":"error-invalid-params","error":"must be number"}"#),
            (ApiError::InvalidSort("{".into()), 400, r#"{"success":false,"error":"Invalid sort parameter provided: \"{\" [error-invalid-sort]","errorType":"error-invalid-sort","details":{"helperMethod":"parseJsonQuery"}}"#),
            (ApiError::InvalidDate, 400, r#"{"success":false,"error":"The \"updatedSince\" query parameter must be a valid date. [error-roomId-param-invalid]","errorType":"error-roomId-param-invalid"}"#),
            (ApiError::QueryTooLong, 400, r#"{"success":false,"error":"Invalid query parameters"}"#),
            (ApiError::UnknownRoute, 404, r#"{"success":false,"error":"API endpoint does not exist","status":"error","message":"API endpoint does not exist"}"#),
            (ApiError::wrong_method([Method::POST].iter()), 405, r#"{"success":false,"error":"API endpoint does not allow this method","status":"error","message":"API endpoint does not allow this method"}"#),
            (ApiError::TooLarge, 413, r#"{"success":false,"error":"The body is larger than 65536 bytes [error-body-too-large]","errorType":"error-body-too-large"}"#),
            (ApiError::TooSlow, 408, r#"{"success":false,"error":"The body did not arrive in time [error-body-too-slow]","errorType":"error-body-too-slow"}"#),
            (ApiError::BrokenBody, 400, r#"{"success":false,"error":"The body could not be read [error-body-broken]","errorType":"error-body-broken"}"#),
        ];
        for (error, status, body) in table {
            let name = format!("{error:?}");
            assert_eq!(told(error).await, (status, body.to_owned()), "{name}");
        }
    }

    #[test]
    fn headers_tell_which_methods_are_allowed_and_when_to_come_back() {
        let header = |error: ApiError, name: &str| {
            error.into_response(&RequestId::new(1)).headers()[name]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            header(
                ApiError::wrong_method([Method::POST, Method::GET].iter()),
                "allow"
            ),
            "POST, GET, HEAD, OPTIONS"
        );
        let later = Error::Unavailable {
            retry_after: Duration::from_millis(1500),
        };
        assert_eq!(header(later.into(), "retry-after"), "2");
    }
}
