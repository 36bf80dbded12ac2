//! `settings.*`, and the routes by which clients look up other login services at start, which do
//! not exist here. Source: Rocket.Chat `apps/meteor/server/api/v1/settings.ts`; compatibility 8.2.

use crate::api::error::ApiError;
use crate::api::http::query::Query;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire;
use crate::domain::{Permission, Setting, SettingValue};
use crate::service::settings;

pub(in crate::api) async fn list_public(request: Request) -> Answer {
    let known = ["_id", "count", "offset", "sort"];
    let query = Query::parse_before_9(request.query(), &known, &["query"], request.compat())?;
    // Accepted and ignored: the settings are sorted by id.
    query.text("sort")?;
    let (ids, page) = (query.text("_id")?.unwrap_or_default(), query.page()?);
    let all = settings::list_public(request.count_call(None)?).await?;
    let asked: Vec<_> = all
        .into_iter()
        .filter(|(setting, _)| ids.is_empty() || ids.split(',').any(|id| id == setting.id()))
        .map(|setting| located(&request, setting))
        .collect();
    response::success(&wire::SettingPage::new(&asked, page))
}

pub(in crate::api) async fn oauth(request: Request) -> Answer {
    request.count_call(None)?;
    response::success(&wire::NoServices::NONE)
}

pub(in crate::api) async fn configurations(request: Request) -> Answer {
    request.count_call(None)?;
    response::success(&wire::NoConfigurations::NONE)
}

/// `pw.getPolicy`, open to everyone, as in Rocket.Chat 8 (`apps/meteor/app/api/server/v1/misc.ts`).
pub(in crate::api) async fn password_policy(request: Request) -> Answer {
    let app = request.count_call(None)?;
    response::success(&wire::PasswordPolicyReply::from(app.rules.password_policy))
}

/// `settings.list`, which Rocket.Chat does not have: its administrators read single settings over
/// the realtime protocol.
pub(in crate::api) async fn list(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::ViewPrivilegedSetting)
        .await?;
    Query::parse(request.query(), &[])?;
    let app = request.count_call(Some(&actor))?;
    let all = settings::list(app, &actor).await?.into_iter();
    let all: Vec<_> = all
        .map(|(setting, value)| (located(&request, (setting, value)), setting.default()))
        .collect();
    response::success(&wire::SettingList::new(&all))
}

pub(in crate::api) async fn find(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::ViewPrivilegedSetting)
        .await?;
    let app = request.count_call(Some(&actor))?;
    let found = settings::find(app, &actor, &request.parameter()).await?;
    response::success(&wire::SettingReply::from(&located(&request, found)))
}

pub(in crate::api) async fn set(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::EditPrivilegedSetting)
        .await?;
    let mut fields = request.lenient_fields()?;
    fields.require(&["value"])?;
    let value = fields.take("value").as_ref().and_then(wire::setting_value);
    let value = value.ok_or_else(|| {
        ApiError::invalid_params("must be boolean, whole number or string").at("value")
    })?;
    let app = request.count_call(Some(&actor))?;
    if !repeats_site_url(&request, &value) {
        settings::set(app, &actor, &request.parameter(), value).await?;
    }
    response::done()
}

/// Returns whether the request sets the site URL to the shown one, which only the API knows.
fn repeats_site_url(request: &Request, value: &SettingValue) -> bool {
    let shown = || SettingValue::Text(request.site_url().into_owned());
    request.parameter() == Setting::SiteUrl.id() && *value == shown()
}

/// Replaces the value of the site URL, which only the API knows if the config does not name it.
fn located(
    request: &Request,
    (setting, value): (Setting, SettingValue),
) -> (Setting, SettingValue) {
    match setting {
        Setting::SiteUrl => (setting, SettingValue::Text(request.site_url().into_owned())),
        _ => (setting, value),
    }
}
