//! Bodies of requests about users.

use serde_json::{Value, json};

/// A body that adds this user with the password `a password`.
pub fn account(username: &str) -> Value {
    let email = format!("{username}@example.org");
    json!({"username": username, "name": "A. Name", "email": email, "password": "a password"})
}

/// The body with these fields, too.
pub fn with(mut body: Value, further: &Value) -> Value {
    let fields = further.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    body
}
