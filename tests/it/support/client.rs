//! HTTP clients as actors, and their responses, with the requests that most tests need: create,
//! list and log in.

use super::in_time;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client as HttpClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::net::SocketAddr;
use warp::http::{HeaderMap, Method, Request, StatusCode};

/// A user with an HTTP client.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    /// User id and auth token.
    pub credentials: Option<(String, String)>,
}

/// Why there is no complete response.
pub type Gone = Box<dyn std::error::Error + Send + Sync>;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    pub fn new(address: SocketAddr, credentials: Option<(String, String)>) -> Self {
        Self {
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
            address,
            credentials,
        }
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the user that it acts as.
    pub fn id(&self) -> String {
        self.credentials.as_ref().unwrap().0.clone()
    }

    /// `GET /api/v1/ROUTE`.
    pub async fn get(&self, route: &str) -> Reply {
        self.send(Method::GET, &format!("/api/v1/{route}"), &[], "")
            .await
    }

    /// `POST /api/v1/ROUTE` with a JSON body.
    pub async fn post(&self, route: &str, body: Value) -> Reply {
        self.post_raw(route, "application/json", body.to_string())
            .await
    }

    /// `POST /api/v1/ROUTE` with any body.
    pub async fn post_raw(&self, route: &str, content_type: &str, body: impl Into<Bytes>) -> Reply {
        self.send(
            Method::POST,
            &format!("/api/v1/{route}"),
            &[("content-type", content_type)],
            body,
        )
        .await
    }

    /// Asks for a busy status of this name.
    /// Expects the refusal of `body` with ajv's `text`.
    pub async fn refused_params(&self, route: &str, body: Value, text: &str) {
        let reply = self.post(route, body.clone()).await;
        let expected = json!({"success": false, "errorType": "invalid-params", "error": text});
        let answer = (reply.status.as_u16(), reply.error_of_rocket_chat());
        assert_eq!(answer, (400, expected), "{route} {body}");
    }

    pub async fn create(&self, name: &str) -> Reply {
        let body = json!({"name": name, "statusType": "busy"});
        self.post("custom-user-status.create", body).await
    }

    /// The names of all statuses, in the order of the list.
    pub async fn names(&self) -> Vec<String> {
        let list = self.get("custom-user-status.list?count=0").await;
        list.expect(200).names()
    }

    /// Asks for a login by password.
    pub async fn login(&self, user: &str, password: &str) -> Reply {
        let body = json!({"user": user, "password": password});
        self.post("login", body).await
    }

    /// Who this is after a login that was answered so.
    pub fn entered(&self, login: &Reply) -> Self {
        let data = &login.json()["data"];
        let text = |key: &str| data[key].as_str().unwrap().to_owned();
        Self::new(self.address, Some((text("userId"), text("authToken"))))
    }

    /// Who this is after a login by password.
    pub async fn logged_in(&self, user: &str, password: &str) -> Self {
        self.entered(&self.login(user, password).await.expect(200))
    }

    /// As [`post`](Self::post), at a server that may die meanwhile.
    pub async fn try_post(&self, route: &str, body: Value) -> Result<Reply, Gone> {
        let json = [("content-type", "application/json")];
        let path = format!("/api/v1/{route}");
        self.try_send(Method::POST, &path, &json, body.to_string())
            .await
    }

    /// Anything, at any path.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Gone> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        if let Some((user, token)) = &self.credentials {
            request = request
                .header("X-User-Id", user)
                .header("X-Auth-Token", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let answer = async {
            let (parts, body) = self.http.request(request).await?.into_parts();
            Ok(Reply {
                status: parts.status,
                headers: parts.headers,
                body: body.collect().await?.to_bytes(),
            })
        };
        in_time("an answer", answer).await
    }
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The id in the answer to a create.
    pub fn created_id(&self) -> String {
        let id = &self.json()["customUserStatus"]["_id"];
        id.as_str().unwrap().to_owned()
    }

    /// The names on a page of the list.
    pub fn names(&self) -> Vec<String> {
        let page = self.json();
        let statuses = page["statuses"].as_array().unwrap().iter();
        let name = |status: &Value| status["name"].as_str().unwrap().to_owned();
        statuses.map(name).collect()
    }

    /// Passes when the status is `status`; shows the body when not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
    /// Passes when the status is `status` and the body is the JSON of a failure.
    #[track_caller]
    pub fn refused(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        assert_eq!(body["success"], false, "{body}");
        assert!(body["error"].is_string(), "{body}");
    }
}
