//! SQL of webhooks and their secrets.

use super::space::SpaceClass;
use super::{HOOKS, SqliteStore, audit, error, outbox};
use crate::domain::{
    Action, Attribution, Error, Field, HookKind, Problem, Result, SigningSecret, Timestamp,
    Webhook, WebhookName, What, rotate_secrets,
};
use crate::store::Webhooks;
use async_trait::async_trait;
use rusqlite::{Connection, params};

#[async_trait]
impl Webhooks for SqliteStore {
    async fn list_webhooks(&self) -> Result<Vec<Webhook>> {
        let rows = self.readers.read(list).await?;
        rows.into_iter().map(webhook).collect()
    }

    async fn create_webhook(&self, webhook: Webhook, attribution: Attribution) -> Result<()> {
        let fence = outbox::new_fence()?;
        let entry = attribution.created_webhook(&webhook);
        self.writer
            .write(SpaceClass::Common, HOOKS, move |c| {
                create(c, &webhook, fence)?;
                audit::append(c, &entry)
            })
            .await
    }

    async fn rotate_secret(
        &self,
        name: WebhookName,
        secret: SigningSecret,
        until: Timestamp,
        attribution: Attribution,
    ) -> Result<()> {
        let now = attribution.at;
        let entry = attribution.webhook(Action::WebhookSecretRotated, name.as_str());
        let work = move |c: &Connection| {
            let is_known = c
                .prepare("SELECT 1 FROM webhook WHERE name = ?1")?
                .exists([name.as_str()])?;
            if is_known {
                rotate(c, name.as_str(), secret.clone(), until, now)?;
            }
            Ok(is_known.then_some(()).ok_or_else(|| unknown(&name)))
        };
        self.writer
            .write(SpaceClass::Common, HOOKS, move |c| {
                work(c).map_err(|e: rusqlite::Error| error(&e))??;
                audit::append(c, &entry)
            })
            .await
    }

    async fn delete_webhook(&self, name: WebhookName, attribution: Attribution) -> Result<()> {
        let entry = attribution.webhook(Action::WebhookRemoved, name.as_str());
        let work = move |c: &Connection| {
            let gone = c.execute("DELETE FROM webhook WHERE name = ?1", [name.as_str()])?;
            c.execute("DELETE FROM consumer WHERE name = ?1", [name.hook()])?;
            Ok((gone > 0).then_some(()).ok_or_else(|| unknown(&name)))
        };
        self.writer
            .write(SpaceClass::Reserve, HOOKS, move |c| {
                work(c).map_err(|e: rusqlite::Error| error(&e))??;
                audit::append(c, &entry)
            })
            .await
    }
}

fn unknown(name: &WebhookName) -> Error {
    Error::NotFound(What::Webhook(name.as_str().to_owned()))
}

/// The row of a webhook with its secrets.
type Row = (String, String, String, i64, Vec<SigningSecret>);

fn list(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut select = connection
        .prepare_cached("SELECT name, url, kinds, created_at FROM webhook ORDER BY name")?;
    let rows = select.query_map([], |row| {
        let name: String = row.get(0)?;
        let secrets = secrets(connection, &name)?;
        Ok((name, row.get(1)?, row.get(2)?, row.get(3)?, secrets))
    })?;
    rows.collect()
}

fn secrets(connection: &Connection, name: &str) -> rusqlite::Result<Vec<SigningSecret>> {
    let mut select = connection.prepare_cached(
        "SELECT secret, expires_at FROM webhook_secret WHERE webhook = ?1 ORDER BY position DESC",
    )?;
    let rows = select.query_map([name], |row| {
        Ok(SigningSecret {
            text: row.get(0)?,
            expires_at: row.get::<_, Option<i64>>(1)?.map(Timestamp::from_millis),
        })
    })?;
    rows.collect()
}

fn webhook((name, url, kinds, created_at, secrets): Row) -> Result<Webhook> {
    Ok(Webhook {
        name: WebhookName::parse(&name)?,
        url,
        kinds: kinds.split_whitespace().map(str::to_owned).collect(),
        secrets,
        created_at: Timestamp::from_millis(created_at),
    })
}

/// Adds the rows. A leftover hook of that name belonged to another webhook and is deleted with its
/// position.
fn create(connection: &Connection, webhook: &Webhook, fence: i64) -> Result<()> {
    let name = webhook.name.as_str();
    let work = || {
        let added = connection.execute(
            "INSERT OR IGNORE INTO webhook (name, url, kinds, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                name,
                webhook.url,
                webhook.kinds.join(" "),
                webhook.created_at.as_millis()
            ],
        )?;
        if added > 0 {
            set_secrets(connection, name, &webhook.secrets)?;
            connection.execute("DELETE FROM consumer WHERE name = ?1", [webhook.hook()])?;
            outbox::put(connection, &webhook.hook(), HookKind::Webhook, None, fence)?;
        }
        Ok(added > 0)
    };
    let taken = Error::invalid(Field::WebhookName, Problem::Taken(name.to_owned()));
    let added = work().map_err(|e: rusqlite::Error| error(&e))?;
    added.then_some(()).ok_or(taken)
}

/// Replaces the secrets of a webhook, given newest first.
fn set_secrets(
    connection: &Connection,
    name: &str,
    secrets: &[SigningSecret],
) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM webhook_secret WHERE webhook = ?1", [name])?;
    for (position, secret) in (1_i64..).zip(secrets.iter().rev()) {
        let expires_at = secret.expires_at.map(Timestamp::as_millis);
        connection.execute(
            "INSERT INTO webhook_secret (webhook, position, secret, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![name, position, secret.text, expires_at],
        )?;
    }
    Ok(())
}

fn rotate(
    connection: &Connection,
    name: &str,
    secret: SigningSecret,
    until: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let rotated = rotate_secrets(secrets(connection, name)?, secret, until, now);
    set_secrets(connection, name, &rotated)
}
