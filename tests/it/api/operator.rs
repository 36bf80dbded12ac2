//! What the operator cannot create either, even in dev mode, which has no password policy.

use crate::support::Setup;
use doorsign::domain::{Error, Field, Problem, Result};
use doorsign::service::users::{self, NewUser};

#[track_caller]
fn reason<T>(refused: Result<T>) -> (Field, Problem) {
    match refused {
        Err(Error::Invalid { field, problem }) => (field, problem),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[tokio::test]
async fn blank_reserved_and_unclear_names_and_empty_passwords_are_refused() {
    let server = Setup::dev().start().await;
    let app = &server.app;
    let create = async |username: &str, name: &str, password: &str| {
        let new = NewUser {
            username: username.to_owned(),
            name: Some(name.to_owned()),
            email: None,
            roles: vec!["user".to_owned()],
            password: password.to_owned(),
        };
        reason(users::create(app, new).await)
    };
    let reserved = (Field::Username, Problem::Reserved("all".to_owned()));
    assert_eq!(create("all", "Bob", "a password").await, reserved);
    let (field, _) = create("bob", "B\u{202e}ob", "a password").await;
    assert_eq!(field, Field::FullName);
    let missing = (Field::Password, Problem::Missing);
    assert_eq!(create("bob", "Bob", "").await, missing);
    assert_eq!(reason(users::set_password(app, "ann", "").await), missing);
    let token = users::create_token(app, "ann", " ", None).await;
    assert_eq!(reason(token), (Field::TokenName, Problem::Missing));
}
