//! A table of all failures, each with its status and its bytes.

use super::*;
use crate::api::http::request_id::RequestId;
use crate::app::Compat;
use crate::domain::{
    Blocked, Disallowed, Error, Field, Outage, Permission, Problem, Timestamp, What,
};
use std::time::Duration;
use warp::http::Method;

async fn rendered(error: ApiError, compat: Compat) -> (u16, String) {
    let response = error.into_response(&RequestId::new(1), compat);
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
        (Error::Invalid { field: Field::Name, problem: not_valid("a<b") }.into(), 400, r#"{"success":false,"error":"a<b is not a valid name [error-input-is-not-a-valid-field]","errorType":"error-input-is-not-a-valid-field","details":{"method":"insertOrUpdateUserStatus","input":"a<b","field":"Name","hint":"Use 1–120 characters, except > < & \" '"}}"#),
        (Error::Invalid { field: Field::StatusType, problem: Problem::Missing }.into(), 400, r#"{"success":false,"error":"The field StatusType is required [error-the-field-is-required]","errorType":"error-the-field-is-required","details":{"method":"insertOrUpdateUserStatus","field":"StatusType"}}"#),
        (Error::Invalid { field: Field::StatusType, problem: not_valid("Offline") }.into(), 400, r#"{"success":false,"error":"Offline is not a valid status type [error-input-is-not-a-valid-field]","errorType":"error-input-is-not-a-valid-field","details":{"method":"insertOrUpdateUserStatus","input":"Offline","field":"StatusType","hint":"Use online, away, busy or offline"}}"#),
        (Error::Invalid { field: Field::Permission, problem: Problem::Unknown }.into(), 400, r#"{"success":false,"error":"Invalid permission","errorType":"error-invalid-permission"}"#),
        (Error::Invalid { field: Field::Username, problem: Problem::Taken("ann".into()) }.into(), 400, r#"{"success":false,"error":"ann is already in use [error-field-unavailable]","errorType":"error-field-unavailable","details":{"field":"Username"}}"#),
        (Error::Invalid { field: Field::Role, problem: Problem::Unknown }.into(), 400, r#"{"success":false,"error":"Invalid role","errorType":"error-invalid-role"}"#),
        (Error::NameTaken.into(), 400, r#"{"success":false,"error":"The custom user status name is already in use [Custom_User_Status_Error_Name_Already_In_Use]","errorType":"Custom_User_Status_Error_Name_Already_In_Use","details":{"method":"insertOrUpdateUserStatus"}}"#),
        (Error::NotFound(What::Status("x".into())).into(), 400, r#"{"success":false,"error":"No custom user status found with the id of \"x\"."}"#),
        (ApiError::In(ErrorContext::DeleteStatus, Error::NotFound(What::Status("x".into()))), 400, r#"{"success":false,"error":"Invalid user status [Custom_User_Status_Error_Invalid_User_Status]","errorType":"Custom_User_Status_Error_Invalid_User_Status","details":{"method":"deleteCustomUserStatus"}}"#),
        (Error::NotFound(What::Setting("x".into())).into(), 400, r#"{"success":false}"#),
        (Error::NotFound(What::Hook("x".into())).into(), 400, r#"{"success":false,"error":"No hook found with the name of \"x\" [error-hook-not-found]","errorType":"error-hook-not-found"}"#),
        (Error::NotFound(What::Webhook("x".into())).into(), 400, r#"{"success":false,"error":"No webhook found with the name of \"x\" [error-webhook-not-found]","errorType":"error-webhook-not-found"}"#),
        (Error::NotFound(What::Delivery("7".into())).into(), 400, r#"{"success":false,"error":"No delivery found for the event 7 [error-delivery-not-found]","errorType":"error-delivery-not-found"}"#),
        (Error::Invalid { field: Field::Url, problem: Problem::Refused("it is none".into()) }.into(), 400, r#"{"success":false,"error":"It is none [error-invalid-url]","errorType":"error-invalid-url","details":{"field":"url"}}"#),
        (Error::Invalid { field: Field::Span, problem: Problem::Refused("it is empty".into()) }.into(), 400, r#"{"success":false,"error":"It is empty [error-invalid-date]","errorType":"error-invalid-date","details":{"field":"until"}}"#),
        (Error::Invalid { field: Field::EventType, problem: not_valid("x") }.into(), 400, r#"{"success":false,"error":"x is not a valid event type [error-input-is-not-a-valid-field]","errorType":"error-input-is-not-a-valid-field","details":{"input":"x","field":"events","hint":"Use presence.changed, custom_user_status.created, custom_user_status.updated, custom_user_status.deleted or custom_user_status.*"}}"#),
        (Error::Invalid { field: Field::WebhookName, problem: Problem::Taken("ci".into()) }.into(), 400, r#"{"success":false,"error":"ci is already in use [error-field-unavailable]","errorType":"error-field-unavailable","details":{"field":"name"}}"#),
        (Error::Invalid { field: Field::Setting, problem: Problem::Fixed("uniqueID") }.into(), 400, r#"{"success":false,"error":"The setting uniqueID cannot be changed [error-action-not-allowed]","errorType":"error-action-not-allowed"}"#),
        (Error::Invalid { field: Field::Setting, problem: Problem::OtherKind("Site_Name", "text") }.into(), 400, r#"{"success":false,"error":"The setting Site_Name takes a text [error-invalid-setting-value]","errorType":"error-invalid-setting-value"}"#),
        (Error::LastAdministrator.into(), 400, r#"{"success":false,"error":"Leaving the app without an active admin is not allowed [error-action-not-allowed]","errorType":"error-action-not-allowed","details":{"method":"removeUserFromRole","action":"Remove_last_admin"}}"#),
        (AccountContext::RemoveFromRole.failed(Error::LastAdministrator), 400, r#"{"success":false,"error":"You need to have at least one admin [error-admin-required]","errorType":"error-admin-required"}"#),
        (AccountContext::Create.failed(Error::UNAVAILABLE), 503, r#"{"success":false,"error":"The database is busy. Please try again [error-service-unavailable]","errorType":"error-service-unavailable"}"#),
        (AccountContext::Create.failed(Error::internal(secret)), 500, r#"{"success":false,"error":"Internal server error"}"#),
        (Error::Invalid { field: Field::Bio, problem: Problem::TooLong(9) }.into(), 400, r#"{"success":false,"error":"Bio size exceeds 9 characters [error-field-size-exceeded]","errorType":"error-field-size-exceeded","details":{"field":"Bio"}}"#),
        (Error::Invalid { field: Field::Email, problem: Problem::Unchanged }.into(), 400, r#"{"success":false,"error":"The field Email already has this value [error-field-unchanged]","errorType":"error-field-unchanged","details":{"field":"Email"}}"#),
        (ApiError::Bare("words"), 400, r#"{"success":false,"error":"words"}"#),
        (Error::UNAVAILABLE.into(), 503, r#"{"success":false,"error":"The database is busy. Please try again [error-service-unavailable]","errorType":"error-service-unavailable"}"#),
        (Error::internal(secret).into(), 500, r#"{"success":false,"error":"Internal server error"}"#),
        (ApiError::Panicked(secret.to_owned()), 500, r#"{"success":false,"error":"Internal server error"}"#),
        (ApiError::RouteForbidden, 403, r#"{"success":false,"error":"User does not have the permissions required for this action [error-unauthorized]"}"#),
        (ApiError::missing_property("name"), 400, r#"{"success":false,"errorType":"invalid-params","error":"must have required property 'name'","details":{"field":"name","hint":"Send this field"}}"#),
        (ApiError::invalid_query("must be number"), 400, r#"{"success":false,"errorType":"error-invalid-params","error":"must be number","details":{"hint":"Send a number"}}"#),
        (ApiError::InvalidSort("{".into()), 400, r#"{"success":false,"error":"Invalid sort parameter provided: \"{\" [error-invalid-sort]","errorType":"error-invalid-sort","details":{"helperMethod":"parseJsonQuery"}}"#),
        (ApiError::InvalidDate, 400, r#"{"success":false,"error":"The \"updatedSince\" query parameter must be a valid date. [error-roomId-param-invalid]","errorType":"error-roomId-param-invalid"}"#),
        (ApiError::QueryTooLong, 400, r#"{"success":false,"error":"Invalid query parameters"}"#),
        (ApiError::UnknownRoute, 404, r#"{"success":false,"error":"API endpoint does not exist","status":"error","message":"API endpoint does not exist"}"#),
        (ApiError::wrong_method([Method::POST].iter()), 405, r#"{"success":false,"error":"API endpoint does not allow this method","status":"error","message":"API endpoint does not allow this method"}"#),
        (ApiError::TooManyCalls(Duration::from_millis(58_001)), 429, r#"{"success":false,"error":"Error, too many requests. Please slow down. You must wait 59 seconds before trying this endpoint again. [error-too-many-requests]"}"#),
        (ApiError::InvalidUser("m"), 400, r#"{"success":false,"error":"Invalid user [error-invalid-user]","errorType":"error-invalid-user","details":{"method":"m"}}"#),
        (ApiError::UnknownMethod("m".into()), 404, r#"{"success":false,"error":"Method 'm' not found"}"#),
        (ApiError::TooManyMethodCalls(Duration::from_millis(1500)), 429, r#"{"success":false,"error":"Error, too many requests. Please slow down. You must wait 2 seconds before trying again. [too-many-requests]","errorType":"too-many-requests","details":{"timeToReset":1500}}"#),
        (ApiError::InvalidCall("Invalid method call".into()), 400, r#"{"success":false,"error":"Invalid method call"}"#),
        (ApiError::TooLarge(65536), 413, r#"{"success":false,"error":"The body is larger than 65536 bytes [error-body-too-large]","errorType":"error-body-too-large"}"#),
        (ApiError::TooSlow, 408, r#"{"success":false,"error":"The body did not arrive in time [error-body-too-slow]","errorType":"error-body-too-slow"}"#),
        (ApiError::BrokenBody, 400, r#"{"success":false,"error":"The body could not be read [error-body-broken]","errorType":"error-body-broken"}"#),
    ];
    for (error, status, body) in table {
        let name = format!("{error:?}");
        let rendered = rendered(error, Compat::Eight).await;
        assert_eq!(rendered, (status, body.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn rocket_chat_9_answers_refusals_with_403_and_the_code_in_the_text() {
    let not_allowed = AccountContext::Change("saveUserProfile", Timestamp::from_millis(0));
    let thrown = |code| ApiError::Thrown { code, reason: "No" };
    let user = |blocked| {
        let until = Timestamp::from_millis(0);
        Error::LoginBlocked { blocked, until }
    };
    #[rustfmt::skip]
    let table: Vec<(ApiError, u16, &str)> = vec![
        (Error::Forbidden { needs: Permission::ManageUserStatus }.into(), 403, r#"{"success":false,"error":"[not_authorized]","errorType":"error-forbidden"}"#),
        (not_allowed.failed(Error::Disallowed(Disallowed::Profile)), 403, r#"{"success":false,"error":"Not allowed [error-not-allowed]","errorType":"error-forbidden"}"#),
        (Error::Disallowed(Disallowed::StatusText).into(), 403, r#"{"success":false,"error":"Change status is not allowed [error-not-allowed]","errorType":"error-forbidden"}"#),
        (AccountContext::Tokens("m").failed(Error::Forbidden { needs: Permission::CreatePersonalAccessTokens }), 403, r#"{"success":false,"error":"Not Authorized [not-authorized]","errorType":"error-forbidden"}"#),
        (AccountContext::CreateToken.failed(Error::Forbidden { needs: Permission::CreateUser }), 403, r#"{"success":false,"error":"Not authorized [error-not-authorized]","errorType":"error-forbidden"}"#),
        (ApiError::NotAllowed, 403, r#"{"success":false,"error":"[not-allowed]","errorType":"error-forbidden"}"#),
        (thrown("no-permission"), 403, r#"{"success":false,"error":"No [no-permission]","errorType":"error-forbidden"}"#),
        (thrown("unauthorized"), 403, r#"{"success":false,"error":"No [unauthorized]","errorType":"error-forbidden"}"#),
        (thrown("error-forbidden"), 403, r#"{"success":false,"error":"No [error-forbidden]","errorType":"error-forbidden"}"#),
        (Error::Forbidden { needs: Permission::AccessPermissions }.into(), 403, r#"{"success":false,"error":"forbidden","errorType":"error-forbidden"}"#),
        (Error::LoginRefused.into(), 401, r#"{"success":false,"status":"error","error":"unauthorized","message":"Unauthorized"}"#),
        (Error::Deactivated.into(), 401, r#"{"success":false,"status":"error","error":"unauthorized","message":"User is not activated","details":{"function":"Accounts.validateLoginAttempt"}}"#),
        (user(Blocked::User).into(), 401, r#"{"success":false,"status":"error","error":"unauthorized","message":"Login has been temporarily blocked For User"}"#),
    ];
    for (error, status, body) in table {
        let name = format!("{error:?}");
        let rendered = rendered(error, Compat::Nine).await;
        assert_eq!(rendered, (status, body.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn other_failures_are_the_same_in_both() {
    let action = || Error::Invalid {
        field: Field::Setting,
        problem: Problem::Fixed("uniqueID"),
    };
    let same = || -> Vec<ApiError> {
        vec![
            Error::Unauthenticated.into(),
            action().into(),
            Error::Disallowed(Disallowed::Invisible).into(),
            Error::LastAdministrator.into(),
            Error::NameTaken.into(),
            Error::PasswordChangeRequired.into(),
            Error::UNAVAILABLE.into(),
            ApiError::RouteForbidden,
            ApiError::ForeignOrigin,
            ApiError::NoAvatar,
            ApiError::invalid_query("must be number"),
        ]
    };
    for (eight, nine) in same().into_iter().zip(same()) {
        let name = format!("{eight:?}");
        let (eight, nine) = (
            rendered(eight, Compat::Eight).await,
            rendered(nine, Compat::Nine).await,
        );
        assert_eq!(eight, nine, "{name}");
    }
}

#[test]
fn headers_name_the_allowed_methods_and_the_retry_delay() {
    let header = |error: ApiError, name: &str| {
        error
            .into_response(&RequestId::new(1), Compat::Nine)
            .headers()[name]
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
        outage: Outage::MemoryShort,
        retry_after: Duration::from_millis(1500),
    };
    assert_eq!(header(later.into(), "retry-after"), "2");
    let slower = ApiError::TooManyCalls(Duration::from_millis(58_001));
    assert_eq!(header(slower, "retry-after"), "59");
}

#[test]
fn methods_receive_the_same_failures_as_meteor_errors() {
    #[rustfmt::skip]
    let table: Vec<(ApiError, &str)> = vec![
        (ApiError::InvalidUser("m"), r#"{"isClientSafe":true,"error":"error-invalid-user","reason":"Invalid user","details":{"method":"m"},"message":"Invalid user [error-invalid-user]","errorType":"Meteor.Error"}"#),
        (Error::Forbidden { needs: Permission::ManageUserStatus }.into(), r#"{"isClientSafe":true,"error":"not_authorized","message":"[not_authorized]","errorType":"Meteor.Error"}"#),
        (ApiError::NoMatch, r#"{"isClientSafe":true,"error":400,"reason":"Match failed","message":"Match failed [400]","errorType":"Meteor.Error"}"#),
        (ApiError::missing_property("name"), r#"{"isClientSafe":true,"error":400,"reason":"Match failed","message":"Match failed [400]","errorType":"Meteor.Error"}"#),
        (ApiError::UnknownMethod("m".into()), r#"{"isClientSafe":true,"error":404,"reason":"Method 'm' not found","message":"Method 'm' not found [404]","errorType":"Meteor.Error"}"#),
        (ApiError::TooManyMethodCalls(Duration::from_millis(1500)), r#"{"isClientSafe":true,"error":"too-many-requests","reason":"Error, too many requests. Please slow down. You must wait 2 seconds before trying again.","details":{"timeToReset":1500},"message":"Error, too many requests. Please slow down. You must wait 2 seconds before trying again. [too-many-requests]","errorType":"Meteor.Error"}"#),
        (Error::internal("disk on fire").into(), r#"{"isClientSafe":true,"error":500,"reason":"Internal server error","message":"Internal server error [500]","errorType":"Meteor.Error"}"#),
        (Error::NotFound(What::Setting("x".into())).into(), r#"{"isClientSafe":true,"error":400,"message":"[400]","errorType":"Meteor.Error"}"#),
    ];
    for (error, expected) in table {
        let name = format!("{error:?}");
        let rendered = serde_json::to_string(&error.into_method_error("m")).unwrap();
        assert_eq!(rendered, expected, "{name}");
    }
}
