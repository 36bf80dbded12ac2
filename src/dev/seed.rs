//! The seed data of dev mode: four users with the same ids, passwords and tokens at every start, so
//! that tests can hard-code them. They are public, which is why dev mode listens on loopback only.

use crate::app::App;
use crate::auth::tokens::{TokenClaims, Tokens};
use crate::domain::{
    Attribution, By, Choice, Email, Error, Login, LoginId, LoginKind, Origin, Presence, Profile,
    Result, Setting, SettingValue, Timestamp, User, UserId, UserStatus, Username,
};
use crate::service::session;
use crate::store::{ClaimEffect, PresenceChange};

/// When everything in the seed was created: 2024-01-01T00:00:00Z.
const MADE: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// The workspace id, which other servers generate at their first start.
const WORKSPACE: &str = "devWorkspace23456";
/// Signs the tokens. A server with a data folder generates its own secret, which makes these tokens
/// worthless there.
const SECRET: &[u8; 32] = b"doorsign dev: everybody knows it";

/// A seeded user.
pub struct SeedUser {
    /// The login name.
    pub username: &'static str,
    /// The password; `None` if only the token works.
    pub password: Option<&'static str>,
    /// The user id: 17 characters, except `rocket.cat`, which has the same id on Rocket.Chat.
    pub id: &'static str,
    name: &'static str,
    role: &'static str,
    login: &'static str,
    /// Precomputed, because Argon2id would take a quarter of the time in which dev mode must be
    /// ready.
    hash: &'static str,
}

/// All seeded users.
#[rustfmt::skip] // A table.
pub static PEOPLE: [SeedUser; 4] = [
    SeedUser { username: "admin", password: Some("admin"), id: "adminDevSeed23456", name: "Admin", role: "admin", login: "adminDevToken2345",
        hash: "$argon2id$v=19$m=19456,t=2,p=1$GgDujx+Uz+8IlmfQ3k4bzA$2b+Hg2a97V7tzoDbTMnGc/OcNjzaQYqnyvXCCX4DwTI" },
    SeedUser { username: "ann", password: Some("ann"), id: "annDevSeed2345678", name: "Ann", role: "user", login: "annDevToken234567",
        hash: "$argon2id$v=19$m=19456,t=2,p=1$Z/R6Qmu7fGXpCc5VHqTEQg$ZvxSQr0pZ1o2/i6Ba49us2x2oGooG4azeLKUohgk9so" },
    SeedUser { username: "bob", password: Some("bob"), id: "bobDevSeed2345678", name: "Bob", role: "user", login: "bobDevToken234567",
        hash: "$argon2id$v=19$m=19456,t=2,p=1$SDq2OYmtExJCs5pnkpycSA$JSMdsWYgJ2WuCzEHge2kLJsI3eJQP+R1aLdhBN9v1ys" },
    // The hash of an unknown password.
    SeedUser { username: "rocket.cat", password: None, id: "rocket.cat", name: "Rocket.Cat", role: "bot", login: "catDevToken234567",
        hash: "$argon2id$v=19$m=19456,t=2,p=1$pIYL1qZONH9Xb9+f5bMghg$bE3a3GVewL3qOi7BFObbkWDIqCuMNgwti+OhRnGcjx8" },
];

impl SeedUser {
    /// Returns the auth token: a personal access token without expiry.
    ///
    /// # Errors
    /// `Internal` when it cannot be signed.
    pub fn token(&self, tokens: &Tokens) -> Result<String> {
        tokens.sign(&TokenClaims::from(&self.login()))
    }

    fn user(&self) -> Result<User> {
        // A bot has no email address.
        let email = self
            .password
            .map(|_| Email::parse(format!("{}@example.org", self.username)));
        Ok(User {
            id: UserId::new(self.id),
            username: Username::parse(self.username.to_owned())?,
            name: self.name.to_owned(),
            email: email.transpose()?,
            roles: vec![self.role.to_owned()],
            active: true,
            created_at: MADE,
            updated_at: MADE,
            profile: Profile {
                email_verified: true,
                ..Profile::default()
            },
        })
    }

    fn login(&self) -> Login {
        Login {
            id: LoginId::new(self.login),
            user: UserId::new(self.id),
            kind: LoginKind::Token {
                name: "dev".to_owned(),
                tail: String::new(),
                bypass_two_factor: false,
            },
            created_at: MADE,
            expires_at: None,
        }
    }
}

/// Returns the token signer of dev mode, with its public secret.
///
/// # Errors
/// Never fails: the secret is long enough.
pub fn tokens() -> Result<Tokens> {
    Tokens::new(SECRET).map_err(Error::internal)
}

/// Adds the seed to an empty store.
///
/// # Errors
/// `Unavailable`, or `Invalid` when the store is not empty.
pub async fn load(app: &App) -> Result<()> {
    let id = SettingValue::Text(WORKSPACE.to_owned());
    app.store
        .set_setting(Setting::UniqueId, id, MADE, None)
        .await?;
    for person in &PEOPLE {
        app.store
            .create_user(
                person.user()?,
                person.hash.to_owned(),
                Attribution::server(MADE),
            )
            .await?;
        let (login, _) = session::sign(app, person.login())?;
        app.store
            .create_login(login.into(), Attribution::server(MADE))
            .await?;
        if person.role == "bot" {
            app.store.change_presence(online(person)).await?;
        }
    }
    Ok(())
}

/// Bots show the status they set; without one they would be offline.
fn online(person: &SeedUser) -> PresenceChange {
    let choice = Choice {
        status: Some(UserStatus::Online),
        text: None,
        expires_at: None,
    };
    let id = UserId::new(person.id);
    PresenceChange {
        user: id.clone(),
        by: By {
            user: id,
            username: Username::stored(person.username.to_owned()),
            at: MADE,
            origin: Origin::Server,
        },
        effect: ClaimEffect::Sets,
        rule: Box::new(move |presence: &mut Presence| {
            presence.choose(&choice, MADE);
            Ok(())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::passwords::{PasswordDigest, Passwords};

    #[tokio::test]
    async fn the_password_hashes_match_the_passwords() {
        let passwords = Passwords::new(1);
        for person in &PEOPLE {
            let password = PasswordDigest::of(person.password.unwrap_or(person.username));
            let right = passwords
                .verify(None, Some(person.hash.to_owned()), password)
                .await;
            assert_eq!(right.unwrap(), person.password.is_some(), "{}", person.id);
        }
    }

    #[test]
    fn tokens_are_stable_across_releases() {
        let tokens = tokens().unwrap();
        let ann = PEOPLE[1].token(&tokens).unwrap();
        assert_eq!(
            ann,
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5EZXZTZWVkMjM0NTY3OCIsImp0aSI6ImFubkRldlRva2VuMjM0NTY3IiwiaWF0IjoxNzA0MDY3MjAwLCJpc3MiOiJkb29yc2lnbiIsImF1ZCI6ImRvb3JzaWduIn0.SUgp_CbdnObIk1f5CCNvTEDUxCnH8scCRhfxWZ2qUkA"
        );
        for person in &PEOPLE[..3] {
            assert_eq!((person.id.len(), person.login.len()), (17, 17));
        }
    }
}
