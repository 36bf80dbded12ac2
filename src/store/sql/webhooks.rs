//! Webhooks and their secrets in SQL.

use super::signal::HOOKS;
use super::{Engine, Row, SpaceClass, Sql, audit, consumer, values};
use crate::domain::{
    Action, Attribution, Error, Field, HookKind, Problem, Result, SigningSecret, Timestamp,
    Webhook, WebhookName, What, rotate_secrets,
};
use crate::store::Webhooks;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Webhooks for E {
    async fn list_webhooks(&self) -> Result<Vec<Webhook>> {
        self.read(list).await
    }

    async fn create_webhook(&self, webhook: Webhook, attribution: Attribution) -> Result<()> {
        let fence = consumer::new_fence()?;
        let entry = attribution.created_webhook(&webhook);
        self.write(SpaceClass::Common, HOOKS, move |sql| {
            create(sql, &webhook, fence)?;
            audit::append(sql, &entry)
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
        self.write(SpaceClass::Common, HOOKS, move |sql| {
            rotate(sql, &name, secret.clone(), until, now)?;
            audit::append(sql, &entry)
        })
        .await
    }

    async fn delete_webhook(&self, name: WebhookName, attribution: Attribution) -> Result<()> {
        let entry = attribution.webhook(Action::WebhookRemoved, name.as_str());
        self.write(SpaceClass::Reserve, HOOKS, move |sql| {
            delete(sql, &name)?;
            audit::append(sql, &entry)
        })
        .await
    }
}

fn unknown(name: &WebhookName) -> Error {
    Error::NotFound(What::Webhook(name.as_str().to_owned()))
}

fn list(sql: &impl Sql) -> Result<Vec<Webhook>> {
    let mut webhooks = sql.all(
        "SELECT name, url, kinds, created_at FROM webhook ORDER BY name",
        &[],
        |row| {
            let kinds: &str = row.get(2)?;
            Ok(Webhook {
                name: WebhookName::parse(row.get(0)?)?,
                url: row.get(1)?,
                kinds: kinds.split_whitespace().map(str::to_owned).collect(),
                secrets: Vec::new(),
                created_at: row.get(3)?,
            })
        },
    )?;
    for webhook in &mut webhooks {
        webhook.secrets = secrets(sql, &webhook.name)?;
    }
    Ok(webhooks)
}

/// Returns the secrets of a webhook, newest first.
fn secrets(sql: &impl Sql, name: &WebhookName) -> Result<Vec<SigningSecret>> {
    sql.all(
        "SELECT secret, expires_at FROM webhook_secret WHERE webhook = $1 ORDER BY position DESC",
        values![name.as_str()],
        |row| {
            Ok(SigningSecret {
                text: row.get(0)?,
                expires_at: row.get(1)?,
            })
        },
    )
}

/// Adds the rows. A leftover hook of that name belonged to another webhook and is deleted with its
/// position.
fn create(sql: &impl Sql, webhook: &Webhook, fence: i64) -> Result<()> {
    let name = webhook.name.as_str();
    let added = sql.execute(
        "INSERT INTO webhook (name, url, kinds, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        values![
            name,
            &webhook.url,
            &webhook.kinds.join(" "),
            webhook.created_at
        ],
    )?;
    if added == 0 {
        return Err(Error::invalid(
            Field::WebhookName,
            Problem::Taken(name.to_owned()),
        ));
    }
    set_secrets(sql, name, &webhook.secrets)?;
    consumer::delete(sql, &webhook.hook())?;
    consumer::put(sql, &webhook.hook(), HookKind::Webhook, None, fence)
}

/// Replaces the secrets of a webhook, given newest first.
fn set_secrets(sql: &impl Sql, name: &str, secrets: &[SigningSecret]) -> Result<()> {
    sql.run(
        "DELETE FROM webhook_secret WHERE webhook = $1",
        values![name],
    )?;
    for (position, secret) in (1_i64..).zip(secrets.iter().rev()) {
        sql.run(
            "INSERT INTO webhook_secret (webhook, position, secret, expires_at) VALUES ($1, $2, $3, $4)",
            values![name, position, &secret.text, secret.expires_at],
        )?;
    }
    Ok(())
}

fn rotate(
    sql: &impl Sql,
    name: &WebhookName,
    secret: SigningSecret,
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let known = "SELECT 1 FROM webhook WHERE name = $1";
    if !sql.exists(known, values![name.as_str()])? {
        return Err(unknown(name));
    }
    let rotated = rotate_secrets(secrets(sql, name)?, secret, until, now);
    set_secrets(sql, name.as_str(), &rotated)
}

fn delete(sql: &impl Sql, name: &WebhookName) -> Result<()> {
    let deleted = sql.execute(
        "DELETE FROM webhook WHERE name = $1",
        values![name.as_str()],
    )?;
    consumer::delete(sql, &name.hook())?;
    if deleted == 0 {
        return Err(unknown(name));
    }
    Ok(())
}
