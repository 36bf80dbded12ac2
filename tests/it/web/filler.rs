//! Hostile values in slots. The same vectors run in browsers against `core/dom.js`.

use doorsign::web::filler::{Data, fill};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../src/web/filler_vectors.json");

#[test]
fn hostile_values_are_text_and_nothing_else() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert!(vectors.len() >= 14);
    for vector in vectors {
        let data = vector["data"].as_object().unwrap();
        let template = vector["template"].as_str().unwrap();
        let filled = fill(template, data, &|_| None);
        assert_eq!(filled, vector["markup"], "{template} {data:?}");
    }
}

#[test]
fn a_list_repeats_a_part_and_values_are_never_read_as_slots() {
    let data: Data = serde_json::from_str(
        r#"{"people": [{"name": "{title}"}, {"name": "<{list:people:person}"}, 7], "title": "T"}"#,
    )
    .unwrap();
    let person = |id: &str| (id == "person").then(|| "<li>{name}</li>".to_owned());
    let list = "<ul>{list:people:person}</ul><p>{list:people:unknown}{list:title:person}</p>";
    assert_eq!(
        fill(list, &data, &person),
        "<ul><li>{title}</li><li>&lt;{list:people:person}</li></ul><p></p>"
    );
}

#[test]
fn templates_inside_a_page_keep_their_slots_for_the_script() {
    let data: Data = serde_json::from_str(r#"{"a": "x"}"#).unwrap();
    let page =
        "<p>{a}</p><template id=\"row\"><b>{a}</b><template>{a}</template></template><i>{a}</i>";
    assert_eq!(
        fill(page, &data, &|_| None),
        "<p>x</p><template id=\"row\"><b>{a}</b><template>{a}</template></template><i>x</i>"
    );
}
