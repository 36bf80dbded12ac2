//! Personal access tokens, and tokens that programs create for users.

use crate::api::error::AccountContext;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::api::wire::{CreatedToken, TokenList, TokenOf, TokenReply};
use crate::domain::{Permission, UserId};
use crate::service::users::tokens;

pub(in crate::api) async fn generate_personal_access_token(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["tokenName"], &["bypassTwoFactor"])?;
    let name = fields.filled("tokenName")?;
    let bypass = fields.flag("bypassTwoFactor")?.unwrap_or_default();
    let token = tokens::generate(request.count_call(Some(&actor))?, &actor, name, bypass)
        .await
        .map_err(|e| AccountContext::Tokens("personalAccessTokens:generateToken").failed(e))?;
    response::success(&TokenReply { token })
}

pub(in crate::api) async fn regenerate_personal_access_token(request: Request) -> Answer {
    let actor = request.actor().await?;
    let name = token_name(&request)?;
    let token = tokens::regenerate(request.count_call(Some(&actor))?, &actor, name)
        .await
        .map_err(|e| AccountContext::Tokens("personalAccessTokens:regenerateToken").failed(e))?;
    response::success(&TokenReply { token })
}

pub(in crate::api) async fn remove_personal_access_token(request: Request) -> Answer {
    let actor = request.actor().await?;
    let name = token_name(&request)?;
    tokens::remove(request.count_call(Some(&actor))?, &actor, &name)
        .await
        .map_err(|e| AccountContext::Tokens("personalAccessTokens:removeToken").failed(e))?;
    response::done()
}

pub(in crate::api) async fn get_personal_access_tokens(request: Request) -> Answer {
    let actor = request
        .actor_with(Permission::CreatePersonalAccessTokens)
        .await?;
    let logins = tokens::list(request.count_call(Some(&actor))?, &actor).await?;
    response::success(&TokenList::new(&logins))
}

pub(in crate::api) async fn create_token(request: Request) -> Answer {
    let actor = request.actor().await?;
    let mut fields = request.fields_named(&["userId", "secret"], &[])?;
    let (id, secret) = (fields.filled("userId")?, fields.filled("secret")?);
    let app = request.count_call(Some(&actor))?;
    let auth_token = tokens::create_for(app, &actor, UserId::new(id.as_str()), &secret)
        .await
        .map_err(|e| AccountContext::CreateToken.failed(e))?;
    response::success(&CreatedToken {
        data: TokenOf {
            user_id: &id,
            auth_token,
        },
    })
}

fn token_name(request: &Request) -> Result<String, crate::api::error::ApiError> {
    let mut fields = request.fields_named(&["tokenName"], &[])?;
    fields.filled("tokenName")
}
