//! The OpenAPI document on its own: it is valid and complete, and its examples match their schemas.
//! Needs no server.

use crate::support::openapi::document::{Document, keys};
use doorsign::domain::{Action, TargetKind};
use serde_json::Value;
use std::collections::BTreeSet;

/// Responses to requests outside of the document. No operation refers to them.
const OUTSIDE: [&str; 2] = [
    "/components/responses/UnknownRoute",
    "/components/responses/WrongMethod",
];

/// The required and the optional keys of an object by OpenAPI 3.1, as far as the document uses
/// them.
const OPERATION: (&[&str], &[&str]) = (
    &["operationId", "tags", "summary", "description", "responses"],
    &["parameters", "requestBody", "security"],
);
const PARAMETER: (&[&str], &[&str]) = (
    &["name", "in", "description"],
    &[
        "schema",
        "content",
        "example",
        "deprecated",
        "allowEmptyValue",
        "required",
    ],
);
const RESPONSE: (&[&str], &[&str]) = (&["description", "headers"], &["content"]);
const HEADER: (&[&str], &[&str]) = (&["description", "schema"], &["required"]);
const MEDIA_TYPE: (&[&str], &[&str]) = (&["schema"], &["example", "examples"]);

#[test]
fn every_object_of_the_document_has_the_keys_of_openapi() {
    let document = Document::read();
    let known = [
        "openapi",
        "info",
        "servers",
        "security",
        "tags",
        "paths",
        "components",
    ];
    assert_eq!(
        keys(&document.root).collect::<BTreeSet<_>>(),
        BTreeSet::from(known)
    );
    assert_eq!(document.root["openapi"], "3.1.0");
    for operation in document.operations() {
        assert_keys(&document, &operation.pointer(), OPERATION);
        let body = document.at(&operation.pointer()).get("requestBody");
        assert!(
            body.is_none_or(|body| body["required"].is_boolean() && body["content"].is_object())
        );
    }
    for (place, object) in document.objects() {
        for text in ["summary", "description"] {
            // A property of a schema may have this name, too.
            let found = object.get(text);
            let is_text = found.is_none_or(|text| text.is_string() || text.is_object());
            assert!(is_text, "{place}: {text} is not a text");
        }
        let (parent, key) = place.rsplit_once('/').unwrap_or_default();
        let (_, kind) = parent.rsplit_once('/').unwrap_or_default();
        match kind {
            _ if object.get("$ref").is_some() => {}
            "parameters" => {
                assert_keys(&document, &place, PARAMETER);
                assert_ne!(
                    object.get("schema").is_some(),
                    object.get("content").is_some(),
                    "{place}"
                );
            }
            "responses" => assert_keys(&document, &place, RESPONSE),
            "headers" => assert_keys(&document, &place, HEADER),
            "content" => {
                assert!(key.contains("~1"), "{place} is not a media type");
                assert_keys(&document, &place, MEDIA_TYPE);
            }
            _ => {}
        }
    }
}

#[test]
fn every_schema_is_valid() {
    let document = Document::read();
    let schemas =
        keys(document.at("/components/schemas")).map(|name| format!("/components/schemas/{name}"));
    let inline = document
        .objects()
        .into_iter()
        .map(|(place, _)| place)
        .filter(|place| place.ends_with("/schema"));
    for place in schemas.chain(inline) {
        let result =
            jsonschema::draft202012::meta::validate(document.at(&place)).map_err(|e| e.to_string());
        assert_eq!(result, Ok(()), "{place}");
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let document = Document::read();
    let objects = document.objects();
    let mut used: BTreeSet<String> = OUTSIDE.map(str::to_owned).into();
    for (place, object) in &objects {
        if let Some(reference) = object.get("$ref") {
            let target = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(
                document.root.pointer(target).is_some(),
                "{place} refers to nothing: {target}"
            );
            assert!(!OUTSIDE.contains(&target), "{place}");
            used.insert(target.to_owned());
        }
    }
    let components = keys(document.at("/components")).flat_map(|kind| {
        let place = format!("/components/{kind}");
        keys(document.at(&place))
            .map(move |name| format!("{place}/{name}"))
            .collect::<Vec<_>>()
    });
    let schemes = "/components/securitySchemes/";
    let components: BTreeSet<_> = components
        .filter(|place| !place.starts_with(schemes))
        .collect();
    assert_eq!(components, used);
}

#[test]
fn security_requirements_name_existing_schemes() {
    let document = Document::read();
    let schemes: BTreeSet<_> = keys(document.at("/components/securitySchemes")).collect();
    let own = document
        .operations()
        .into_iter()
        .map(|operation| format!("{}/security", operation.pointer()));
    for place in own.chain(["/security".to_owned()]) {
        let ways = document.root.pointer(&place).and_then(Value::as_array);
        for way in ways.into_iter().flatten() {
            let named: BTreeSet<_> = keys(way).collect();
            let known = [&[][..], &["authToken", "userId"], &["displayKey"]];
            let known = known.map(|names| names.iter().copied().collect::<BTreeSet<_>>());
            assert!(
                known.contains(&named) && named.is_subset(&schemes),
                "{place}"
            );
        }
    }
}

#[test]
fn every_operation_has_a_unique_id_and_known_tags() {
    let document = Document::read();
    let operations = document.operations();
    let field = |name: &str| {
        let values = operations
            .iter()
            .map(|operation| &document.at(&operation.pointer())[name]);
        values.cloned().collect::<Vec<_>>()
    };
    let ids = field("operationId");
    let different: BTreeSet<_> = ids.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), operations.len(), "{ids:?}");
    let texts = |values: &[Value]| values.iter().map(Value::to_string).collect::<BTreeSet<_>>();
    let used: Vec<_> = field("tags")
        .iter()
        .flat_map(|tags| tags.as_array().unwrap().clone())
        .collect();
    let tags = document.root["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].clone());
    assert_eq!(texts(&used), texts(&tags.collect::<Vec<_>>()));
}

#[test]
fn every_example_matches_its_schema() {
    let document = Document::read();
    let mut examples = 0;
    for (place, object) in document.objects() {
        let schema = format!("{place}/schema");
        if object.get("schema").is_none() {
            continue;
        }
        let named = object.get("examples").and_then(Value::as_object);
        let named = named
            .into_iter()
            .flatten()
            .map(|(_, example)| &example["value"]);
        for example in named.chain(object.get("example")) {
            let problems = document.problems(&schema, example);
            assert!(problems.is_empty(), "{place}: {example:#}\n{problems:#?}");
            examples += 1;
        }
    }
    assert!(examples > 50, "only {examples} examples were found");
}

#[track_caller]
fn assert_keys(document: &Document, place: &str, (required, optional): (&[&str], &[&str])) {
    let found: BTreeSet<_> = keys(document.at(place)).collect();
    let missing: Vec<_> = required
        .iter()
        .filter(|key| !found.contains(*key))
        .collect();
    let unknown: Vec<_> = found
        .iter()
        .filter(|key| !required.contains(key) && !optional.contains(key))
        .collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{place}: missing {missing:?}, unknown {unknown:?}"
    );
}

/// The texts of a JSON list.
fn texts(list: &Value) -> BTreeSet<String> {
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// Types of messages that are not stored, so that `events` never returns them.
const NOT_STORED: [&str; 2] = ["presence.shown", "webhook.test"];

#[test]
fn the_document_describes_every_type_of_event_that_is_stored() {
    let schema = include_str!("../../../../src/api/openapi/event.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut stored = texts(&schema["properties"]["type"]["enum"]);
    stored.retain(|event| !NOT_STORED.contains(&event.as_str()));
    let document = Document::read();
    let shapes = &document.at("/components/schemas/Event")["oneOf"];
    let described = shapes.as_array().unwrap().iter().flat_map(|shape| {
        let event = &shape["properties"]["type"];
        match event.get("const") {
            Some(only) => [only.as_str().unwrap().to_owned()].into(),
            None => texts(&event["enum"]),
        }
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), stored);
}

#[test]
fn the_document_names_every_action_and_every_kind_of_target_of_the_audit_trail() {
    let document = Document::read();
    let actions = Action::ALL.iter().map(|action| action.as_str().to_owned());
    let named = texts(&document.at("/components/schemas/AuditAction")["enum"]);
    assert_eq!(named, actions.collect());
    let kinds = TargetKind::ALL.iter().map(|kind| kind.as_str().to_owned());
    let target = &document.at("/components/schemas/AuditRecord")["properties"]["target"];
    assert_eq!(
        texts(&target["properties"]["type"]["enum"]),
        kinds.collect()
    );
}
