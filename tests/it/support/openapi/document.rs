//! The OpenAPI document as the tests read it: operations, responses, schemas. Knows no server.

use crate::support::Reply;
use doorsign::api::{ROUTES, Route};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

pub const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

const URI: &str = "https://doorsign.invalid/openapi.json";

/// Headers of HTTP itself, of CORS and for browsers, which no operation has to name.
const UNNAMED: [&str; 14] = [
    "access-control-allow-headers",
    "access-control-allow-origin",
    "connection",
    "content-disposition",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "pragma",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

pub struct Document {
    pub root: Value,
    /// By their pointers: to make one takes the whole document.
    validators: RefCell<HashMap<String, Rc<Validator>>>,
}

/// One operation: `GET /api/info`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    pub method: String,
    pub path: String,
}

impl Operation {
    /// The operation that a line such as `GET /api/v1/me?x=1` asks for.
    pub fn new(line: &str) -> Self {
        let (method, target) = line.split_once(' ').unwrap();
        let path = target.split('?').next().unwrap();
        let parts: Vec<_> = path.split('/').collect();
        let fits = |route: &&Route| {
            let segments: Vec<_> = route.path.split('/').collect();
            let mut pairs = segments.iter().zip(&parts);
            segments.len() == parts.len()
                && pairs.all(|(segment, part)| segment == part || segment.starts_with(':'))
        };
        let route = ROUTES.iter().find(fits);
        Self {
            method: method.to_owned(),
            path: route.map_or_else(|| path.to_owned(), documented_path),
        }
    }

    /// The operation of a route.
    pub fn of(route: &Route) -> Self {
        Self {
            method: route.method.to_string(),
            path: documented_path(route),
        }
    }

    /// A path that the operation answers, parameters filled in.
    pub fn asked(&self) -> String {
        let parts = self.path.split('/').map(|part| match part.chars().next() {
            Some('{') => "Site_Name",
            _ => part,
        });
        parts.collect::<Vec<_>>().join("/")
    }

    pub fn pointer(&self) -> String {
        let method = self.method.to_lowercase();
        format!("/paths/{}/{method}", escaped(&self.path))
    }
}

/// A route's path as OpenAPI writes it: `{_id}`, not `:_id`.
fn documented_path(route: &Route) -> String {
    let parts = route.path.split('/');
    let parts = parts.map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Document {
    pub fn read() -> Self {
        let root = serde_json::from_str(TEXT).unwrap();
        let validators = RefCell::default();
        Self { root, validators }
    }

    pub fn at(&self, pointer: &str) -> &Value {
        let found = self.root.pointer(pointer);
        found.unwrap_or_else(|| panic!("the document has nothing at {pointer}"))
    }

    pub fn operations(&self) -> BTreeSet<Operation> {
        let methods = keys(self.at("/paths")).flat_map(|path| {
            let item = self.at(&format!("/paths/{}", escaped(path)));
            keys(item).map(move |method| Operation {
                method: method.to_uppercase(),
                path: path.to_owned(),
            })
        });
        methods.collect()
    }

    pub fn statuses(&self, operation: &Operation) -> BTreeSet<u16> {
        keys(&self.at(&operation.pointer())["responses"])
            .map(|status| status.parse().unwrap())
            .collect()
    }

    /// Whether the document wants credentials for the operation.
    pub fn wants_login(&self, operation: &Operation) -> bool {
        let own = self.at(&operation.pointer()).get("security");
        let security = own.unwrap_or(&self.root["security"]).as_array().unwrap();
        !security.is_empty() && security.iter().all(|way| way != &json!({}))
    }

    /// Where a response is described, its reference followed.
    pub fn response(&self, operation: &Operation, status: u16) -> String {
        let pointer = format!("{}/responses/{status}", operation.pointer());
        match self.at(&pointer).get("$ref") {
            Some(reference) => reference.as_str().unwrap()[1..].to_owned(),
            None => pointer,
        }
    }

    /// The mismatches between a real response and the one at `pointer`: body, content type and
    /// headers.
    pub fn problems(&self, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(pointer);
        let problems = validator.iter_errors(value);
        problems
            .map(|problem| format!("{} at {:?}", problem, problem.instance_path.as_str()))
            .collect()
    }

    fn validator(&self, pointer: &str) -> Rc<Validator> {
        let mut validators = self.validators.borrow_mut();
        let known = validators.entry(pointer.to_owned());
        let make = || Rc::new(self.new_validator(pointer));
        known.or_insert_with(make).clone()
    }

    fn new_validator(&self, pointer: &str) -> Validator {
        let root = Draft::Draft202012.create_resource(self.root.clone());
        let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_resource(URI, root)
            .should_validate_formats(true)
            .build(&json!({ "$ref": format!("{URI}#{pointer}") }))
            .unwrap_or_else(|error| panic!("{pointer}: {error}"))
    }

    /// The mismatches between a real response and the one at `pointer`: body, content type and
    /// headers.
    pub fn problems_of_answer(&self, pointer: &str, reply: &Reply) -> Vec<String> {
        let mut problems = self.problems_of_headers(pointer, reply);
        let content_type = reply.header("content-type");
        match self.at(pointer).get("content") {
            Some(content) if content.get(content_type.unwrap_or("none")).is_some() => {
                let media_type = escaped(content_type.unwrap());
                let schema = format!("{pointer}/content/{media_type}/schema");
                problems.extend(self.problems(&schema, &body_of(reply)));
            }
            None if content_type.is_none() && reply.body.is_empty() => {}
            _ => problems.push(format!("the content type {content_type:?} or a body")),
        }
        problems
    }

    fn problems_of_headers(&self, pointer: &str, reply: &Reply) -> Vec<String> {
        let documented = self.at(pointer)["headers"].as_object().unwrap();
        let mut problems = Vec::new();
        for (name, header) in documented {
            let pointer = &header["$ref"].as_str().unwrap()[1..];
            match reply.header(name) {
                Some(text) => {
                    let schema = format!("{pointer}/schema");
                    let value = if self.at(&schema)["type"] == "integer" {
                        serde_json::from_str(text).unwrap()
                    } else {
                        json!(text)
                    };
                    problems.extend(self.problems(&schema, &value));
                }
                None if self.at(pointer)["required"] == true => {
                    problems.push(format!("no header {name}"));
                }
                None => {}
            }
        }
        let named = |name: &str| {
            documented
                .keys()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        let further = reply.headers.keys().map(|name| name.as_str());
        let undocumented = further.filter(|name| !UNNAMED.contains(name) && !named(name));
        problems.extend(undocumented.map(|name| format!("the header {name} is not documented")));
        problems
    }

    /// Every object of the document with its place, from the root down.
    pub fn objects(&self) -> Vec<(String, &Value)> {
        let mut found = Vec::new();
        collect(String::new(), &self.root, &mut found);
        found
    }
}

/// The body as a schema sees it: text unless it is JSON.
pub fn body_of(reply: &Reply) -> Value {
    let content_type = reply.header("content-type").unwrap_or_default();
    if ["application/json", "application/schema+json"].contains(&content_type) {
        reply.json()
    } else {
        json!(reply.text())
    }
}

pub fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().unwrap().keys().map(String::as_str)
}

/// A key as a JSON pointer spells it.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn collect<'a>(place: String, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                collect(format!("{place}/{}", escaped(key)), field, found);
            }
            found.push((place, value));
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect(format!("{place}/{n}"), item, found);
            }
        }
        _ => {}
    }
}

/// An answer or an example without what differs from run to run.
pub fn masked(mut body: Value) -> Value {
    match &mut body {
        // The number differs in an example, which has another history.
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("count") => {
            fields.insert("count".to_owned(), json!("*"));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let id = name == "_id" && value.as_str().is_some_and(is_random);
                let changing = [
                    "_updatedAt",
                    "time",
                    "createdAt",
                    "userId",
                    "authToken",
                    "token",
                    "lastTokenPart",
                    "at",
                    "nextAt",
                    "until",
                    "previousSecretUntil",
                    "secret",
                    "url",
                ];
                let position =
                    ["id", "position", "eventId"].contains(&name.as_str()) && value.is_u64();
                *value = if id || position || changing.contains(&name.as_str()) {
                    json!("*")
                } else {
                    masked(value.take())
                };
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = masked(item.take())),
        _ => {}
    }
    body
}

fn is_random(id: &str) -> bool {
    [17, 24].contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric())
}
